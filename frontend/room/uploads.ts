// The recordings of a congress: films on their way up, being converted, and ready. An upload goes on after a break of
// the line, a pause, a reload of the page; only the file has to be chosen again, since no page may read files by itself.
import { repeat } from "lit/directives/repeat.js";
import { html, nothing, render, type TemplateResult } from "lit/html.js";
import { showToast } from "../site/toast.ts";
import { ask } from "./ask.ts";
import { confirmed } from "./confirm.ts";
import { csrf } from "./csrf.ts";
import { bytes, percent, runningTime, useTimeZone } from "./format.ts";
import { icon } from "./icons.ts";
import { inMyLanguage, t, useMessages } from "./messages.ts";
import { announcer } from "./panels/announce.ts";
import { type LineActs, libraryLine, type RecordingLine } from "./panels/library-line.ts";
import { Transfer } from "./transfer.ts";

interface UploadsPage {
	language: string;
	time_zone: string;
	messages: Record<string, string | string[]>;
	csrf: string;
	uploads: { tus_url: string | null; max_bytes: number; list_url: string };
	recordings: RecordingLine[];
}

const page = JSON.parse(document.getElementById("bootstrap")?.textContent ?? "") as UploadsPage;
useMessages(page.messages, page.language);
useTimeZone(page.time_zone);
const found = document.getElementById("recordings");
if (!found) throw new Error("The page lacks its place.");
const place: HTMLElement = found;

let lines = page.recordings;
const transfers: Transfer[] = [];
let over = false;
/** Why the list may be old; nothing while it is fresh. */
let trouble = "";

const MOVING = new Set(["uploading", "waiting", "checking", "converting", "recording"]);
const SOON_MS = 2000;
const LATER_MS = 15_000;

let asked = false;
function drawSoon(): void {
	if (asked) return;
	asked = true;
	requestAnimationFrame(() => {
		asked = false;
		draw();
	});
}

function add(files: Iterable<File>, known?: RecordingLine): void {
	for (const file of files) {
		if (page.uploads.max_bytes && file.size > page.uploads.max_bytes) {
			const most = bytes(page.uploads.max_bytes);
			showToast(t("{name} is too large: at most {most}.", { name: file.name, most }), "error");
			continue;
		}
		if (known?.bytes && known.bytes !== file.size) {
			showToast(t("This is another file: {name} has another length.", { name: file.name }), "error");
			continue;
		}
		if (
			transfers.some(
				(other) => other.file.name === file.name && other.file.size === file.size && other.state !== "done",
			)
		)
			continue;
		if (file.size === 0) {
			showToast(t("{name} is empty.", { name: file.name }), "error");
			continue;
		}
		const transfer = new Transfer(file, {
			endpoint: page.uploads.tus_url ?? "",
			url: known?.upload_url ?? null,
			csrf: () => csrf(page.csrf),
			onChange: drawSoon,
			onDone: () => void refresh(),
		});
		transfers.push(transfer);
		transfer.start();
	}
	drawSoon();
}

const choose = (event: Event, known?: RecordingLine): void => {
	const input = event.target as HTMLInputElement;
	add([...(input.files ?? [])], known);
	input.value = "";
};

const picker = (
	label: string,
	style: string,
	many: boolean,
	known?: RecordingLine,
): TemplateResult => html`<label
	class="button ${style} file-button"
>
	${icon("upload")}<span>${label}</span>
	<input type="file" accept="video/*,.mkv,.ts,.mts,.m2ts,.mxf,.avi,.mov,.mp4,.webm,.vob,.mpg,.mpeg,.wmv" ?multiple=${many} @change=${(event: Event) => choose(event, known)} />
</label>`;

function dropZone(): TemplateResult {
	const on = (value: boolean) => (event: DragEvent) => {
		event.preventDefault();
		if (over !== value) {
			over = value;
			drawSoon();
		}
	};
	return html`<section
		class="drop card"
		?data-over=${over}
		@dragover=${on(true)}
		@dragleave=${on(false)}
		@drop=${(event: DragEvent) => {
			on(false)(event);
			add([...(event.dataTransfer?.files ?? [])]);
		}}
	>
		<h2 class="card-title">${t("Bring a recorded operation")}</h2>
		<p class="soft">${t("Any usual film format. It is checked and converted here; you may leave this page meanwhile. If the line breaks, the upload goes on where it stopped.")}</p>
		<div class="button-row">${picker(t("Choose films"), "button-primary", true)}<span class="soft drop-hint">${t("or drop them here")}</span></div>
		<p class="soft">${t("At most {most} each.", { most: bytes(page.uploads.max_bytes) })}</p>
	</section>`;
}

/** How a film stands, without figures that change all the time. */
const standing = (transfer: Transfer): string =>
	({
		sending: t("Being sent"),
		paused: t("Paused. What was sent is kept."),
		waiting: transfer.trouble
			? `${transfer.trouble} ${t("It is tried again by itself.")}`
			: t("No connection. It goes on by itself."),
		failed: transfer.trouble,
		done: t("Sent."),
	})[transfer.state];

const say = announcer();
const told = new Map<string, string>();
function announce(): void {
	for (const transfer of transfers) {
		const words = `${transfer.file.name}: ${standing(transfer)}`;
		if (told.get(transfer.key) !== words) say(words);
		told.set(transfer.key, words);
	}
	if (trouble && told.get("") !== trouble) say(trouble);
	told.set("", trouble);
}

function going(transfer: Transfer): TemplateResult {
	const { file, sent, state } = transfer;
	const part = file.size ? sent / file.size : 0;
	const speed = transfer.speed();
	const left = speed > 0 ? (file.size - sent) / speed : null;
	const figures =
		left === null
			? t("Starting …")
			: t("{time} left, {speed} a second", { time: runningTime(left * 1000), speed: bytes(speed) });
	const moving = state === "sending" || state === "waiting";
	return html`<li class="upload card" data-transfer=${file.name} data-state=${state}>
		<div class="upload-head">
			<strong>${file.name}</strong>
			<span class="soft">${bytes(sent)} / ${bytes(file.size)} · ${percent(part)}</span>
		</div>
		<progress class="progress" max="1" .value=${part} aria-label=${t("Sent of {name}", { name: file.name })}></progress>
		<div class="upload-foot">
			<span class=${transfer.trouble ? "upload-trouble" : "soft"}>${state === "sending" ? figures : standing(transfer)}</span>
			<span class="button-row">
				<button class="button button-small" type="button" data-act=${moving ? "pause" : "resume"}
					@click=${() => (moving ? transfer.pause() : transfer.start())}>${icon(moving ? "pause" : "play")}${moving ? t("Pause") : t("Go on")}</button>
				${
					moving
						? nothing
						: html`<button class="button button-small button-plain" type="button" data-act="discard" @click=${() => void discard(transfer)}>${icon("trash-2")}${t("Throw away")}</button>`
				}
			</span>
		</div>
	</li>`;
}

function draw(): void {
	const running = transfers.filter(({ state }) => state !== "done");
	const mine = new Set(running.map(({ id }) => id).filter(Boolean));
	const rest = lines.filter(({ id }) => !mine.has(id));
	render(
		html`${
			trouble
				? html`<div class="notice notice-warning" data-trouble>${icon("wifi-off")}<p>${trouble}</p></div>`
				: nothing
		}
			${page.uploads.tus_url ? dropZone() : nothing}
			${
				running.length
					? html`<section class="section"><h2>${t("On their way")}</h2><ul class="uploads">${repeat(running, ({ key }) => key, going)}</ul></section>`
					: nothing
			}
			<section class="section">
				<h2>${t("Recordings")}</h2>
				${
					rest.length
						? html`<ul class="uploads">${repeat(
								rest,
								({ id }) => id,
								(line) => libraryLine(line, acts),
							)}</ul>`
						: html`<div class="empty">
								${icon("clapperboard")}
								<p class="empty-title">${t("No recordings yet")}</p>
								<p>${
									page.uploads.tus_url
										? t("Films you bring and operations that were on air appear here.")
										: t("Operations that were on air appear here as soon as they have ended.")
								}</p>
							</div>`
				}
			</section>`,
		place,
	);
	announce();
}

async function refresh(): Promise<void> {
	const asked = await ask<{ recordings: RecordingLine[] }>(page.uploads.list_url);
	if (asked.answer) lines = asked.answer.recordings;
	trouble = asked.trouble;
	drawSoon();
}

const acts: LineActs = {
	picker: (line) => picker(t("Go on with this file"), "button-small", false, line),
	convert: (line) => void act("POST", line.retry_url),
	throwAway: (line) => void throwAway(line),
};

const lost = (name: string): Promise<boolean> =>
	confirmed(t("Throw {name} away? What was sent of it is lost.", { name }), t("Throw away"));

async function throwAway(line: RecordingLine): Promise<void> {
	// A failed film is of no use to anybody.
	if (line.state !== "failed" && !(await lost(inMyLanguage(line.title)))) return;
	await act("DELETE", line.delete_url);
}

async function discard(transfer: Transfer): Promise<void> {
	if (!(await lost(transfer.file.name))) return;
	const why = await transfer.discard();
	if (why) showToast(`${t("This was not done.")} ${why}`, "error");
	else transfers.splice(transfers.indexOf(transfer), 1);
	await refresh();
	place.querySelector<HTMLElement>(".drop input")?.focus();
}

async function act(method: "POST" | "DELETE", url: string | null | undefined): Promise<void> {
	if (!url) return;
	try {
		const response = await fetch(url, {
			method,
			headers: { Accept: "application/json", "X-CSRFToken": csrf(page.csrf) },
			signal: AbortSignal.timeout(12_000),
		});
		const said = await response.json().catch(() => ({}));
		if (!response.ok) showToast(`${t("This was not done.")} ${said.message ?? ""}`.trim(), "error");
	} catch {
		showToast(t("This was not done: no connection. Nothing is lost, try again."), "error");
	}
	await refresh();
}

function follow(): void {
	const wait = lines.some(({ state }) => MOVING.has(state)) ? SOON_MS : LATER_MS;
	setTimeout(async () => {
		if (!document.hidden) await refresh();
		follow();
	}, wait);
}

window.addEventListener("beforeunload", (event) => {
	if (transfers.some(({ state }) => state === "sending")) event.preventDefault();
});
place.replaceChildren();
draw();
follow();
