// The director's desk: every feed, what viewers see, the safety delay, and the stop. Healthy is quiet.
import { html, nothing, render, type TemplateResult } from "lit/html.js";
import { mountRoomPlayer } from "../player/mount.ts";
import { keepAwake } from "./awake.ts";
import { readBootstrap } from "./bootstrap.ts";
import { runningTime } from "./format.ts";
import { icon } from "./icons.ts";
import { listen } from "./keys.ts";
import { inMyLanguage, t } from "./messages.ts";
import { announcer } from "./panels/announce.ts";
import { broadcastButtons, stopByKey, stopNotice } from "./panels/broadcast.ts";
import { showConnection } from "./panels/connection.ts";
import { DelayControl, Showing, slate, viewers } from "./panels/director-air.ts";
import { Desk, type DirectorBootstrap } from "./panels/director-desk.ts";
import { feedCards, healthIn, turnMeters } from "./panels/director-feeds.ts";
import { Side } from "./panels/director-side.ts";
import { Room } from "./room.ts";

const page = readBootstrap() as DirectorBootstrap;
const room = new Room(page);
const found = document.querySelector<HTMLElement>("main.director");
if (!found) throw new Error("The page lacks its place.");
const main: HTMLElement = found;

/** Facts of the feeds are redrawn this often; their levels move more often. */
const FACTS_MS = 1000;
let drawnAt = 0;

const desk = new Desk(room, page, () => {
	turnMeters(desk, main);
	if (performance.now() - drawnAt > FACTS_MS) room.changed();
});
const delay = new DelayControl(desk);
const showing = new Showing(desk);
const side = new Side(desk);

function state(): TemplateResult {
	switch (room.state.operation?.state) {
		case "on_air":
			return html`<span class="status status-large status-on-air">${t("On air")}</span>
				${room.state.channel?.slate ? html`<span class="status status-quiet">${t("Short break")}</span>` : nothing}
				<time class="desk-running" data-running .textContent=${running()}></time>`;
		case "stopped":
			return html`<span class="status status-large status-stopped">${t("Stopped")}</span>`;
		case "ended":
			return html`<span class="status status-large status-ended">${t("Ended")}</span>`;
		default:
			return html`<span class="status status-large status-scheduled">${room.isKnown ? t("Not on air yet") : t("Connecting …")}</span>`;
	}
}

const running = (): string => {
	const since = Date.parse(room.state.operation?.on_air_since ?? "");
	return Number.isFinite(since) ? runningTime(room.clock.now() - since) : "";
};

const lineLost = (): TemplateResult | typeof nothing =>
	desk.line.lost
		? html`<div class="notice notice-warning" role="alert">
				${icon("wifi-off")}
				<p class="notice-title">${t("No word from the media server")}</p>
				<p>${t("Pictures and levels below may be old. Commands still go through; we keep asking.")}</p>
			</div>`
		: nothing;

const unfollowed = (): TemplateResult | typeof nothing =>
	desk.line.status?.plan_error
		? html`<div class="notice notice-error" role="alert" data-plan-error>
				${icon("triangle-alert")}
				<p class="notice-title">${t("The studio cannot follow what is set here")}</p>
				<p>${t("Nothing that is changed reaches viewers, except a stop. Tell the administrator:")} <q lang="en">${desk.line.status.plan_error}</q></p>
			</div>`
		: nothing;

const over = (): TemplateResult | typeof nothing =>
	room.state.operation?.state === "ended" && room.state.channel?.recording_url
		? html`<a class="button button-primary" href=${room.state.channel.recording_url}>${icon("play")}${t("Watch the recording")}</a>`
		: nothing;

const left = document.createElement("div");
left.className = "director-left";
const right = document.createElement("div");
right.className = "director-right";
const monitor = document.createElement("section");
monitor.className = "director-monitor desk-picture";
monitor.setAttribute("aria-label", t("What viewers see"));
const controls = document.createElement("div");
controls.className = "director-controls";
right.append(monitor, controls);
main.replaceChildren(left, right);

function draw(): void {
	drawnAt = performance.now();
	render(html`${lineLost()} ${unfollowed()} ${side.disk()} ${feedCards(desk)} ${side.history()}`, left);
	render(
		html`<div class="director-air">
				<div class="director-state">${state()}</div>
				<div class="director-buttons">${broadcastButtons(room)}</div>
				${stopNotice(room)} ${slate(desk)} ${over()}
			</div>
			${side.preflight()} ${delay.draw()} ${showing.draw()} ${viewers(desk)}`,
		controls,
	);
	turnMeters(desk, left);
}

const say = announcer();
let told = "";
function announce(): void {
	const feeds = desk.feeds
		.map((feed) => ({ feed, health: healthIn(desk, feed) }))
		.filter(({ health }) => health.level === "failed")
		.map(({ feed, health }) => `${inMyLanguage(feed.title)}: ${health.troubles[0]?.replace(/\d+/g, "")}`)
		.join(" ");
	const wrong = [side.diskTitle, feeds].filter(Boolean).join(" ");
	if (wrong && wrong !== told) say(wrong);
	told = wrong;
}

showConnection(room);
room.onChange(() => {
	draw();
	announce();
});
mountRoomPlayer(monitor, room, { place: "desk" });
window.setInterval(() => {
	const clock = document.querySelector("[data-running]");
	if (clock) clock.textContent = running();
}, 1000);
listen(() =>
	Object.fromEntries(
		desk.feeds.slice(0, 9).map((feed, index) => [`Digit${index + 1}`, () => desk.show(feed)] as const),
	),
);
stopByKey(room);
keepAwake();
room.start();
desk.line.start();
