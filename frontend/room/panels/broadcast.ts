// Putting the operation on air, taking it off, quiet: the same on the desk and on the board.

import { ref } from "lit/directives/ref.js";
import { html, nothing, type TemplateResult } from "lit/html.js";
import type { CommandName, Commands } from "../../contracts/rooms.ts";
import type { IconName } from "../../icons/names.ts";
import { ARMED_MS, holdable, Press } from "../hold.ts";
import { icon } from "../icons.ts";
import { t } from "../messages.ts";
import type { Room } from "../room.ts";
import { broadcastActs, isQuiet, mayBeOnAir, type BroadcastAct as Run } from "../state.ts";
import { announcer } from "./announce.ts";
import { isLost } from "./connection.ts";

/** A stop is sent until it arrives, ahead of everything else; pressed once more it is a new one, and not an old one's repeat. */
const MANNERS: Record<Run, { urgent: boolean; lifeMs: number; onceMs?: number }> = {
	"operation.stop": { urgent: true, lifeMs: 600_000, onceMs: 1000 },
	"operation.open": { urgent: false, lifeMs: 20_000 },
	"operation.resume": { urgent: false, lifeMs: 20_000 },
	"operation.end": { urgent: false, lifeMs: 60_000 },
};

export const run = (room: Room, name: Run): void => {
	if (!room.may(name)) return;
	if (name === "operation.stop") room.stopLine.press();
	void room.send(name, dataOf(room, name), { ...MANNERS[name], once: name });
};

/** Going on and ending name the stop that is seen here: pressed late they must not undo another one. */
const dataOf = (room: Room, name: Run): Commands[Run] =>
	name === "operation.resume" || name === "operation.end"
		? { stopped_at: room.state.operation?.stopped_at ?? null }
		: {};

export const setQuiet = (room: Room, on: boolean): void => {
	const name = on ? "quiet.set" : "quiet.clear";
	if (room.may(name)) void room.send(name, {}, { once: "quiet", urgent: true });
};

interface Meaning {
	hold: () => void;
	tap: () => void;
}

/** What each held button means now: the same element may have said "go on air" a moment ago. */
const meanings = new WeakMap<Element, Meaning>();

const onHold = (meaning: Meaning) =>
	ref((element) => {
		if (!(element instanceof HTMLElement)) return;
		if (!meanings.has(element))
			holdable(
				element,
				() => meanings.get(element)?.hold(),
				() => meanings.get(element)?.tap(),
			);
		meanings.set(element, meaning);
	});

let say: ((text: string) => void) | undefined;

const againHint = (): string => t("Press again within {seconds} s", { seconds: ARMED_MS / 1000 });

/** By whoever cannot hold. A stop is not asked for twice. */
function tap(room: Room, name: Run): void {
	if (name === "operation.stop") {
		run(room, name);
		return;
	}
	room.twice.press(name, () => run(room, name));
	say ??= announcer();
	if (room.twice.armed === name) say(againHint());
}

interface HoldFacts {
	name: Run;
	label: string;
	hint: string;
	symbol: IconName;
	style: string;
	key?: string;
}

function holdButton(
	room: Room,
	{ name, label, hint, symbol, style, key }: HoldFacts,
): TemplateResult | typeof nothing {
	if (!room.may(name)) return nothing;
	const busy = room.outbox.isPending(name);
	return html`<button
		class="board-button ${style}"
		type="button"
		data-act=${name}
		aria-busy=${String(busy && !(name === "operation.stop" && room.stopLine.state === "done"))}
		aria-keyshortcuts=${key ?? nothing}
		${onHold({ hold: () => run(room, name), tap: () => tap(room, name) })}
	>
		${icon(symbol)}
		<span class="hold-words"><span class="hold-label">${label}</span><span class="hold-hint">${room.twice.armed === name ? againHint() : hint}</span></span>
		${key ? html`<kbd aria-hidden="true">${key}</kbd>` : nothing}
	</button>`;
}

/** What is known of a stop that was pressed: nothing is claimed that neither way has confirmed. */
export type StopKnown = "none" | "sending" | "picture" | "failed";

export function stopKnown(room: Room): StopKnown {
	if (!mayBeOnAir(room.state, isLost(room))) return "none";
	const { state } = room.stopLine;
	if (state === "done") return "picture";
	if (room.outbox.isPending("operation.stop") || state === "sending") return "sending";
	return state === "refused" ? "failed" : "none";
}

const STOP_HINTS: Record<StopKnown, () => string> = {
	none: () => t("Hold to stop"),
	sending: () => t("Not confirmed yet, sending …"),
	picture: () => t("The picture is stopped"),
	failed: () => t("Not stopped. Hold again."),
};

/** Beside the button, in a sentence: what is safe and what is not. */
export function stopNotice(room: Room): TemplateResult | typeof nothing {
	switch (stopKnown(room)) {
		case "picture":
			return html`<div class="notice notice-success stop-notice" role="alert" data-stop="picture">
				${icon("octagon-x")}
				<p class="notice-title">${t("The picture is stopped")}</p>
				<p>${t("Nobody outside sees or hears the theatre. The pages of the others show it as soon as the server answers; we keep telling it.")}</p>
			</div>`;
		case "sending":
			return html`<div class="notice notice-error stop-notice" role="alert" data-stop="sending">
				${icon("triangle-alert")}
				<p class="notice-title">${t("The stop is not confirmed yet")}</p>
				<p>${t("It is being sent on both ways, again and again. Until this changes, take it that the picture is still on the air.")}</p>
			</div>`;
		case "failed":
			return html`<div class="notice notice-error stop-notice" role="alert" data-stop="failed">
				${icon("triangle-alert")}
				<p class="notice-title">${t("The picture could not be stopped from here")}</p>
				<p>${t("Hold the button again, or switch off the camera's encoder.")}</p>
			</div>`;
		default:
			return nothing;
	}
}

/** Everything that can be done to the broadcast in its present state, each with the words of its button. */
const FACTS: Record<Run, (room: Room) => HoldFacts> = {
	"operation.open": () => ({
		name: "operation.open",
		label: t("Go on air"),
		hint: t("Hold for a moment"),
		symbol: "radio",
		style: "board-hold board-go",
	}),
	"operation.stop": (room) => ({
		name: "operation.stop",
		label: t("STOP"),
		hint: STOP_HINTS[stopKnown(room)](),
		symbol: "octagon-x",
		style: "board-hold board-stop",
		key: "S",
	}),
	"operation.resume": () => ({
		name: "operation.resume",
		label: t("Go on"),
		hint: t("Hold for a moment"),
		symbol: "play",
		style: "board-hold board-go",
	}),
	"operation.end": () => ({
		name: "operation.end",
		label: t("End"),
		hint: t("Hold for a moment"),
		symbol: "square",
		style: "board-hold",
	}),
};

/** One template for every state: the button with the focus stays the same element when it changes its meaning. */
export function broadcastButtons(room: Room): TemplateResult {
	const [first, second] = broadcastActs(room.state, isLost(room));
	const button = (name: Run | undefined) => (name ? holdButton(room, FACTS[name](room)) : nothing);
	return html`${button(first)}${button(second)}`;
}

export function quietButton(room: Room): TemplateResult | typeof nothing {
	const on = isQuiet(room.state);
	if (!room.may(on ? "quiet.clear" : "quiet.set")) return nothing;
	return html`<button
		class="board-button board-quiet"
		type="button"
		data-act=${on ? "quiet.clear" : "quiet.set"}
		aria-pressed=${String(on)}
		aria-busy=${String(room.outbox.isPending("quiet"))}
		aria-keyshortcuts="Q"
		@click=${() => setQuiet(room, !on)}
	>
		${icon(on ? "circle-play" : "circle-pause")}
		<span>${on ? t("End quiet") : t("Quiet")}</span>
		<kbd aria-hidden="true">Q</kbd>
	</button>`;
}

/** Holds the S key down for the same 0.6 s. */
export function stopByKey(room: Room, name: CommandName = "operation.stop"): void {
	const button = () => document.querySelector<HTMLElement>(`[data-act="${name}"]`);
	const press = new Press(
		() => run(room, "operation.stop"),
		(holding) => button()?.toggleAttribute("data-holding", holding),
	);
	document.addEventListener("keydown", (event) => {
		if (event.code !== "KeyS" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
		if (event.target instanceof Element && event.target.closest("input, textarea, select")) return;
		if (button()) press.begin(event.timeStamp);
	});
	document.addEventListener("keyup", (event) => {
		if (event.code === "KeyS") press.end(event.timeStamp);
	});
	window.addEventListener("blur", () => press.cancel());
}
