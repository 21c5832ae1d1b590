// Putting the operation on air, taking it off, quiet: the same on the desk and on the board.

import { ref } from "lit/directives/ref.js";
import { html, nothing, type TemplateResult } from "lit/html.js";
import type { CommandName } from "../../contracts/rooms.ts";
import type { IconName } from "../../icons/names.ts";
import { holdable } from "../hold.ts";
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
	if (room.may(name)) void room.send(name, {}, { ...MANNERS[name], once: name });
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
		aria-busy=${String(busy)}
		aria-keyshortcuts=${key ?? nothing}
		${onHold(() => run(room, name))}
	>
		${icon(symbol)}
		<span class="hold-words"><span class="hold-label">${label}</span><span class="hold-hint">${hint}</span></span>
		${key ? html`<kbd aria-hidden="true">${key}</kbd>` : nothing}
	</button>`;
}

const unconfirmed = (room: Room): string =>
	room.outbox.isPending("operation.stop") ? t("Not confirmed yet, sending …") : t("Hold to stop");

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
		hint: unconfirmed(room),
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
	let timer: number | undefined;
	const release = () => {
		window.clearTimeout(timer);
		timer = undefined;
		button()?.removeAttribute("data-holding");
	};
	document.addEventListener("keydown", (event) => {
		if (event.code !== "KeyS" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
		if (event.target instanceof Element && event.target.closest("input, textarea, select")) return;
		if (!button() || timer !== undefined) return;
		button()?.setAttribute("data-holding", "");
		timer = window.setTimeout(() => {
			release();
			run(room, "operation.stop");
		}, 600);
	});
	document.addEventListener("keyup", (event) => {
		if (event.code === "KeyS") release();
	});
	window.addEventListener("blur", release);
}
