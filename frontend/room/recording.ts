// The recording of an operation: chapters, the questions at their moments, clips, download.
import { html, nothing, render, type TemplateResult } from "lit/html.js";
import { mountPlayer } from "../player/mount.ts";
import { readBootstrap } from "./bootstrap.ts";
import { ServerClock } from "./clock.ts";
import { csrf } from "./csrf.ts";
import { runningTime, useTimeZone } from "./format.ts";
import { icon } from "./icons.ts";
import { listen } from "./keys.ts";
import { inMyLanguage, t, useMessages } from "./messages.ts";
import { announcer } from "./panels/announce.ts";
import { type Chapter, chapterAt, chapters } from "./panels/chapters.ts";
import { Clips, type RecordingFacts } from "./panels/clips.ts";
import { tabPanel, tabRow } from "./panels/tabs.ts";

const page = readBootstrap() as ReturnType<typeof readBootstrap> & { recording: RecordingFacts };
useMessages(page.messages, page.language, page.languages);
useTimeZone(page.time_zone);
const { recording } = page;
const found = document.querySelector<HTMLElement>("main.recording");
if (!found) throw new Error("The page lacks its place.");
const main: HTMLElement = found;

const TITLES = { chapters: () => t("Chapters"), clips: () => t("Clips and download") };
let tab: keyof typeof TITLES = "chapters";

const place = (id: string, tag: "section" | "aside", name: string, label: string): HTMLElement => {
	const known = document.getElementById(id);
	if (known) return known;
	const made = document.createElement(tag);
	made.id = id;
	made.className = name;
	made.setAttribute("aria-label", label);
	main.append(made);
	return made;
};

function begin(): void {
	const picture = place("picture", "section", "room-stage", t("Picture"));
	const side = place("side", "aside", "room-side", t("Chapters"));
	const began = Date.parse(recording.began ?? "");
	const write = (moment: number) => runningTime(moment - began);
	const { player, keys } = mountPlayer(picture, {
		place: "recording",
		name: page.you.name,
		csrf: () => csrf(page.csrf),
		clock: new ServerClock(),
		marks: () => recording.chapters.map(({ at, kind }) => ({ at: Date.parse(at), kind })),
		write,
		onDraw: () => drawSoon(),
	});
	const say = announcer();
	const clips = new Clips({
		facts: recording,
		write,
		now: () => player.reach?.at ?? null,
		goTo: (moment) => goTo(moment),
		csrf: () => csrf(page.csrf),
		say,
		titleOf: inMyLanguage,
		focus: (selector) =>
			requestAnimationFrame(() =>
				requestAnimationFrame(() => side.querySelector<HTMLElement>(selector)?.focus()),
			),
		onChange: () => drawSoon(),
	});
	const goTo = (moment: number) => {
		player.goTo(moment);
		void player.sound.play();
	};

	let asked = false;
	let drawn = "";
	const drawSoon = () => {
		if (asked) return;
		asked = true;
		requestAnimationFrame(() => {
			asked = false;
			const now = player.reach?.at ?? null;
			const current = now === null ? -1 : chapterAt(recording.chapters, now);
			// The player draws four times a second; the lists change seldom.
			const sign = `${tab} ${current} ${clips.version} ${Math.floor((now ?? 0) / 1000)}`;
			if (sign === drawn) return;
			drawn = sign;
			render(sidePanel(current), side);
		});
	};
	const choose = (chosen: keyof typeof TITLES) => {
		tab = chosen;
		drawSoon();
	};
	const sidePanel = (current: number): TemplateResult =>
		recording.preview
			? about()
			: html`<div class="side-head">
			${tabRow({ label: t("About this recording"), titles: TITLES, chosen: tab, choose })}
		</div>
		${holes()}
		${tabPanel(tab, tab === "chapters" ? chapters(recording.chapters, current, write, goTo) : clips.draw())}`;

	side.replaceChildren();
	player.update(
		{
			id: recording.id ?? "",
			state: "live",
			master_url: recording.master_url ?? "",
			grant_url: recording.grant_url ?? "",
			listen_url: "",
			stop_url: "",
			recording_url: null,
			opened_at: recording.began ?? "",
			delay_s: 0,
			delays: [],
			programme: null,
			showing: { kind: "live", title: {}, since: "", over: false },
			slate: false,
		},
		Object.fromEntries(
			Object.entries(recording.feeds).map(([id, title]) => [
				id,
				{ id, title, signal: "live", simulated: false, since: "", closed: false, language: null },
			]),
		),
	);
	const jump = (step: number) => {
		const now = player.reach?.at;
		if (now === undefined) return;
		const here = chapterAt(recording.chapters, now);
		const there: Chapter | undefined = recording.chapters[Math.max(0, here + step)];
		if (there) goTo(Date.parse(there.at));
	};
	listen(() => ({
		...keys,
		KeyI: () => clips.mark("from"),
		KeyO: () => clips.mark("to"),
		KeyN: () => jump(1),
		KeyB: () => jump(-1),
	}));
	drawSoon();
}

const holes = (): TemplateResult | typeof nothing =>
	recording.holes
		? html`<p class="notice notice-warning recording-holes">${icon("triangle-alert")}${recording.holes}</p>`
		: nothing;

/** Beside a film that nobody else has seen yet. */
const about = (): TemplateResult => html`<div class="room-panel">
	${holes()}
	<section class="questions-part">
		<h2 class="questions-title">${inMyLanguage(recording.title)}</h2>
		<p>${runningTime((recording.duration_s ?? 0) * 1000)}</p>
		<p class="soft">${t("This is the film as it will be shown. Only those who run the congress's broadcasts can open this page; the audit trail says who did.")}</p>
	</section>
</div>`;

function nothingToSee(): TemplateResult | typeof nothing {
	const words = (title: string, text: string) => html`<div class="empty">
		${icon("clapperboard")}
		<p class="empty-title">${title}</p>
		<p>${text}</p>
		${page.operation.live_url ? html`<a class="button" href=${page.operation.live_url}>${icon("video")}${t("To the room")}</a>` : nothing}
	</div>`;
	switch (recording.state) {
		case "destroyed":
			return words(
				t("This recording was destroyed"),
				t("Its key is gone: no copy, wherever it is, can be read by anybody."),
			);
		case "recording":
			return words(
				t("The operation is still being recorded"),
				t("The recording is here as soon as it ends."),
			);
		case "converting":
			return words(t("The recording is being prepared"), t("Come back in a while; this page may be left."));
		default:
			return words(
				t("There is no recording"),
				t("This operation was not recorded, or has not been on air yet."),
			);
	}
}

if (recording.state === "kept" && recording.master_url) begin();
else {
	main.replaceChildren();
	render(nothingToSee(), main);
	// It comes by itself; whoever waits need not press anything.
	if (recording.state === "recording" || recording.state === "converting")
		setTimeout(() => location.reload(), 15_000);
}
