// Putting the operation on air, taking it off, quiet: the same on the desk and on the board.

import { ref } from "lit/directives/ref.js";
import { html, nothing, type TemplateResult } from "lit/html.js";
import type { CommandName } from "../../contracts/rooms.ts";
import type { IconName } from "../../icons/names.ts";
import { holdable, Press } from "../hold.ts";
import { icon } from "../icons.ts";
import { t } from "../messages.ts";
import type { Room } from "../room.ts";
import { isQuiet } from "../state.ts";

type Run = "operation.open" | "operation.stop" | "operation.resume" | "operation.end";

/** A stop is sent until it arrives, ahead of everything else. */
const MANNERS: Record<Run, { urgent: boolean; lifeMs: number }> = {
	"operation.stop": { urgent: true, lifeMs: 600_000 },
	"operation.open": { urgent: false, lifeMs: 20_000 },
	"operation.resume": { urgent: false, lifeMs: 20_000 },
	"operation.end": { urgent: false, lifeMs: 60_000 },
};

export const run = (room: Room, name: Run): void => {
	if (!room.may(name)) return;
	if (name === "operation.stop") room.stopLine.press();
	void room.send(name, {}, { ...MANNERS[name], once: name });
};

export const setQuiet = (room: Room, on: boolean): void => {
	const name = on ? "quiet.set" : "quiet.clear";
	if (room.may(name)) void room.send(name, {}, { once: "quiet", urgent: true });
};

/** What each held button means now: the same element may have said "go on air" a moment ago. */
const meanings = new WeakMap<Element, () => void>();

const onHold = (act: () => void) =>
	ref((element) => {
		if (!(element instanceof HTMLElement)) return;
		if (!meanings.has(element)) holdable(element, () => meanings.get(element)?.());
		meanings.set(element, act);
	});

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
		${onHold(() => run(room, name))}
	>
		${icon(symbol)}
		<span class="hold-words"><span class="hold-label">${label}</span><span class="hold-hint">${hint}</span></span>
		${key ? html`<kbd aria-hidden="true">${key}</kbd>` : nothing}
	</button>`;
}

/** What is known of a stop that was pressed: nothing is claimed that neither way has confirmed. */
export type StopKnown = "none" | "sending" | "picture" | "failed";

export function stopKnown(room: Room): StopKnown {
	if (room.state.operation?.state !== "on_air") return "none";
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

/** Everything that can be done to the broadcast in its present state. */
export function broadcastButtons(room: Room): TemplateResult | typeof nothing {
	const state = room.state.operation?.state;
	const hold = t("Hold for a moment");
	switch (state) {
		case "scheduled":
			return holdButton(room, {
				name: "operation.open",
				label: t("Go on air"),
				hint: hold,
				symbol: "radio",
				style: "board-hold board-go",
			});
		case "stopped":
			return html`${holdButton(room, {
				name: "operation.resume",
				label: t("Go on"),
				hint: hold,
				symbol: "play",
				style: "board-hold board-go",
			})}${holdButton(room, {
				name: "operation.end",
				label: t("End"),
				hint: hold,
				symbol: "square",
				style: "board-hold",
			})}`;
		case "on_air":
			return stopButton(room);
		default:
			return nothing;
	}
}

export const stopButton = (room: Room): TemplateResult | typeof nothing =>
	holdButton(room, {
		name: "operation.stop",
		label: t("STOP"),
		hint: STOP_HINTS[stopKnown(room)](),
		symbol: "octagon-x",
		style: "board-hold board-stop",
		key: "S",
	});

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
