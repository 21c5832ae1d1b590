// The recordings of a congress: films on their way up, being converted, and ready. An upload goes on after a break of
// the line, a pause, a reload of the page; only the file has to be chosen again, since no page may read files by itself.
import { repeat } from "lit/directives/repeat.js";
import { html, nothing, render, type TemplateResult } from "lit/html.js";
import { showToast } from "../site/toast.ts";
import { csrf } from "./csrf.ts";
import { bytes, percent, runningTime, useTimeZone } from "./format.ts";
import { icon } from "./icons.ts";
import { inMyLanguage, t, useMessages } from "./messages.ts";
import { Transfer } from "./transfer.ts";

interface RecordingLine {
	id: string;
	title: string;
	state:
		| "uploading"
		| "waiting"
		| "checking"
		| "converting"
		| "ready"
		| "failed"
		| "recording"
		| "kept"
		| "destroyed";
	progress: number;
	duration_s: number | null;
	bytes: number;
	detail: string;
	sha256: string;
	page_url: string | null;
	source: "upload" | "operation";
	created: string;
	by?: string;
	upload_url?: string | null;
	delete_url?: string | null;
	destroy_url?: string | null;
	retry_url?: string | null;
}

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

function going(transfer: Transfer): TemplateResult {
	const { file, sent, state } = transfer;
	const part = file.size ? sent / file.size : 0;
	const speed = transfer.speed();
	const left = speed > 0 ? (file.size - sent) / speed : null;
	const said = {
		sending:
			left === null
				? t("Starting …")
				: t("{time} left, {speed} a second", { time: runningTime(left * 1000), speed: bytes(speed) }),
		paused: t("Paused. What was sent is kept."),
		waiting: t("No connection. It goes on by itself."),
		failed: transfer.trouble,
		done: t("Sent."),
	}[state];
	return html`<li class="upload card" data-transfer=${file.name} data-state=${state}>
		<div class="upload-head">
			<strong>${file.name}</strong>
			<span class="soft">${bytes(sent)} / ${bytes(file.size)} · ${percent(part)}</span>
		</div>
		<progress class="progress" max="1" .value=${part} aria-label=${t("Sent of {name}", { name: file.name })}></progress>
		<div class="upload-foot">
			<span role="status" class=${state === "failed" ? "upload-trouble" : "soft"}>${said}</span>
			<span class="button-row">
				${
					state === "sending" || state === "waiting"
						? html`<button class="button button-small" type="button" data-act="pause" @click=${() => transfer.pause()}>${icon("pause")}${t("Pause")}</button>`
						: nothing
				}
				${
					state === "paused" || state === "failed"
						? html`<button class="button button-small" type="button" data-act="resume" @click=${() => transfer.start()}>${icon("play")}${t("Go on")}</button>`
						: nothing
				}
			</span>
		</div>
	</li>`;
}

const STATES: Record<RecordingLine["state"], () => [string, string]> = {
	uploading: () => ["quiet", t("Not whole yet")],
	waiting: () => ["scheduled", t("Waits to be converted")],
	checking: () => ["scheduled", t("Being checked")],
	converting: () => ["scheduled", t("Being converted")],
	ready: () => ["ok", t("Ready")],
	failed: () => ["failed", t("Failed")],
	recording: () => ["on-air", t("Being recorded")],
	kept: () => ["ok", t("Ready")],
	destroyed: () => ["ended", t("Destroyed")],
};

function lineOf(line: RecordingLine): TemplateResult {
	const [style, word] = STATES[line.state]();
	const facts = [
		line.source === "upload" ? t("Uploaded") : t("Recorded here"),
		line.duration_s ? runningTime(line.duration_s * 1000) : "",
		line.bytes ? bytes(line.bytes) : "",
		line.by ?? "",
	].filter(Boolean);
	const working = ["waiting", "checking", "converting"].includes(line.state);
	const unfinished = line.state === "uploading" && line.upload_url;
	return html`<li class="upload card" data-recording=${line.id} data-state=${line.state}>
		<div class="upload-head">
			<strong>${line.page_url ? html`<a href=${line.page_url}>${inMyLanguage(line.title)}</a>` : inMyLanguage(line.title)}</strong>
			<span class="status status-${style}">${word}</span>
		</div>
		<p class="soft">${facts.join(" · ")}</p>
		${working || unfinished ? html`<progress class="progress" max="1" .value=${line.progress} aria-label=${word}></progress>` : nothing}
		${line.detail ? html`<p class=${line.state === "failed" ? "upload-trouble" : "soft"}>${line.detail}</p>` : nothing}
		${unfinished ? html`<p class="soft">${t("{part} is here. Choose the same file again and it goes on from there.", { part: percent(line.progress) })}</p>` : nothing}
		<div class="button-row">
			${unfinished ? picker(t("Go on with this file"), "button-small", false, line) : nothing}
			${line.page_url ? html`<a class="button button-small" href=${line.page_url}>${icon("play")}${t("Watch")}</a>` : nothing}
			${line.retry_url ? html`<button class="button button-small" type="button" @click=${() => void act("POST", line.retry_url)}>${icon("rotate-cw")}${t("Convert again")}</button>` : nothing}
			${line.delete_url ? html`<button class="button button-small button-plain" type="button" data-act="delete" @click=${() => void act("DELETE", line.delete_url)}>${icon("trash-2")}${t("Throw away")}</button>` : nothing}
			${line.destroy_url ? html`<a class="button button-small button-plain" href=${line.destroy_url}>${icon("shield-alert")}${t("Destroy …")}</a>` : nothing}
		</div>
		${
			line.sha256
				? html`<details class="upload-sum"><summary>${t("Checksum")}</summary><code>${line.sha256}</code></details>`
				: nothing
		}
	</li>`;
}

function draw(): void {
	const running = transfers.filter(({ state }) => state !== "done");
	const mine = new Set(running.map(({ id }) => id).filter(Boolean));
	const rest = lines.filter(({ id }) => !mine.has(id));
	render(
		html`${page.uploads.tus_url ? dropZone() : nothing}
			${
				running.length
					? html`<section class="section"><h2>${t("On their way")}</h2><ul class="uploads">${repeat(running, ({ key }) => key, going)}</ul></section>`
					: nothing
			}
			<section class="section">
				<h2>${t("Recordings")}</h2>
				${
					rest.length
						? html`<ul class="uploads">${repeat(rest, ({ id }) => id, lineOf)}</ul>`
						: html`<div class="empty">
								${icon("clapperboard")}
								<p class="empty-title">${t("No recordings yet")}</p>
								<p>${t("Films you bring and operations that were on air appear here.")}</p>
							</div>`
				}
			</section>`,
		place,
	);
}

async function refresh(): Promise<void> {
	try {
		const response = await fetch(page.uploads.list_url, {
			headers: { Accept: "application/json" },
			cache: "no-store",
			signal: AbortSignal.timeout(10_000),
		});
		if (response.ok) lines = ((await response.json()) as { recordings: RecordingLine[] }).recordings;
	} catch {
		// The next round asks again.
	}
	drawSoon();
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
