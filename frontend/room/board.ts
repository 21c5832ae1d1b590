// The theatre's board: two metres away, gloves, no mouse. One question, three answers, quiet and stop.
import { html, nothing, render, type TemplateResult } from "lit/html.js";
import type { QuestionData } from "../contracts/rooms.ts";
import type { IconName } from "../icons/names.ts";
import { keepAwake } from "./awake.ts";
import { readBootstrap } from "./bootstrap.ts";
import { runningTime } from "./format.ts";
import { icon } from "./icons.ts";
import { listen } from "./keys.ts";
import { plural, t } from "./messages.ts";
import { announcer } from "./panels/announce.ts";
import { broadcastButtons, quietButton, setQuiet, stopByKey, stopNotice } from "./panels/broadcast.ts";
import { isLost } from "./panels/connection.ts";
import { askerOf } from "./panels/question.ts";
import { Room } from "./room.ts";
import { afterOnBoard, answering, isQuiet, onBoard, queue } from "./state.ts";

const room = new Room(readBootstrap());
const found = document.querySelector<HTMLElement>("main.board");
if (!found) throw new Error("The page lacks its place.");
const board: HTMLElement = found;

const rightToLeft = document.documentElement.dir === "rtl";
const onward = rightToLeft ? "ArrowLeft" : "ArrowRight";
const backward = rightToLeft ? "ArrowRight" : "ArrowLeft";

/** The question itself is handed over: what a foot means is what the eye saw, not what came a moment later. */
function take({ id }: QuestionData): void {
	void room.send("question.answer", { id }, { once: "board" });
}

function finish({ id }: QuestionData): void {
	void room.send("question.finish", { id }, { once: "board" });
}

function later({ id }: QuestionData): void {
	void room.send("question.defer", { id }, { once: "board" });
}

function next(step = 1): void {
	const current = answering(room.state);
	if (current) {
		finish(current);
		return;
	}
	const other = afterOnBoard(room.state, step);
	if (other) void room.send("board.show", { id: other.id }, { once: "board" });
}

const idle = (): boolean => isQuiet(room.state) || room.outbox.isPending("board");

/** One step on: take the question up, or be done with it. */
function step(): void {
	const question = onBoard(room.state);
	if (!question || idle()) return;
	if (question.state === "answering") finish(question);
	else take(question);
}

interface BigFacts {
	act: string;
	label: string;
	key: string;
	symbol: IconName;
	style?: string;
	run: () => void;
	disabled?: boolean;
}

const big = ({ act, label, key, symbol, style = "", run, disabled = false }: BigFacts) => html`<button
	class="board-button ${style}"
	type="button"
	data-act=${act}
	aria-keyshortcuts=${key}
	?disabled=${disabled}
	@click=${run}
>
	${icon(symbol)}<span>${label}</span><kbd aria-hidden="true">${key}</kbd>
</button>`;

function buttons(question: QuestionData): TemplateResult {
	const busy = room.outbox.isPending("board");
	const now = question.state === "answering";
	return html`<div class="board-actions" role="group" aria-label=${t("Answer to this question")}>
		${
			now
				? big({
						act: "question.finish",
						label: t("Answered"),
						key: t("Space"),
						symbol: "check-check",
						style: "board-primary",
						run: () => finish(question),
						disabled: busy,
					})
				: big({
						act: "question.answer",
						label: t("Answering"),
						key: t("Space"),
						symbol: "mic",
						style: "board-primary",
						run: () => take(question),
						disabled: busy,
					})
		}
		${big({
			act: "question.defer",
			label: t("Later"),
			key: "↓",
			symbol: "clock",
			run: () => later(question),
			disabled: busy || (!now && queue(room.state).length < 2),
		})}
		${big({
			act: "board.show",
			label: t("Next"),
			key: onward === "ArrowRight" ? "→" : "←",
			symbol: "skip-forward",
			run: () => next(),
			disabled: busy || (!now && !afterOnBoard(room.state)),
		})}
	</div>`;
}

function question(): TemplateResult {
	const { state } = room;
	const shown = onBoard(state);
	if (!room.isKnown) return words("loader", t("Connecting …"), "");
	if (state.operation?.state === "ended")
		return words("circle-check", t("The broadcast is over"), t("Thank you."));
	if (state.operation?.state === "stopped")
		return words(
			"octagon-x",
			t("STOPPED"),
			// Somebody may have put it on air since the connection was lost.
			isLost(room)
				? t("What you see may be old. It returns by itself.")
				: t("Nobody outside sees or hears the theatre."),
		);
	if (isQuiet(state)) {
		const waiting = queue(state).length;
		return words(
			"circle-pause",
			t("QUIET"),
			waiting
				? plural(
						waiting,
						"{count} question waits until you end it.",
						"{count} questions wait until you end it.",
					)
				: t("No questions come until you end it."),
		);
	}
	if (!shown)
		return words("message-circle-question-mark", t("No questions"), t("The moderator sends them here."));
	return one(shown);
}

const words = (symbol: IconName, title: string, text: string) => html`<div class="board-question board-words">
	${icon(symbol)}
	<p class="board-text">${title}</p>
	<p class="board-asker">${text}</p>
</div>`;

/** The longest question still fits: 600 characters, on a desk's screen. */
const lengthOf = (text: string): string =>
	text.length > 280 ? "longest" : text.length > 110 ? "long" : "short";

function one(shown: QuestionData): TemplateResult {
	const order = queue(room.state);
	const now = shown.state === "answering";
	const number = order.findIndex(({ id }) => id === shown.id) + 1;
	return html`<article class="board-question" data-question=${shown.id} data-state=${shown.state}>
			<p class="board-count">
				${
					now
						? html`<span class="status status-voice">${t("Being answered")}</span>
								${order.length ? plural(order.length, "{count} more", "{count} more") : nothing}`
						: t("Question {number} of {count}", { number, count: order.length })
				}
			</p>
			<p class="board-text board-text-${lengthOf(shown.text)}" dir="auto">${shown.text}</p>
			<p class="board-asker">${askerOf(shown)}</p>
		</article>
		${buttons(shown)}`;
}

const since = (): string => {
	const start = Date.parse(room.state.operation?.on_air_since ?? "");
	return Number.isFinite(start) ? runningTime(room.clock.now() - start) : "";
};

function air(): TemplateResult {
	switch (room.state.operation?.state) {
		case "on_air":
			return html`<span class="status status-on-air">${t("On air")}</span>
				<time class="board-time" data-running .textContent=${since()}></time>`;
		case "stopped":
			return html`<span class="status status-stopped">${t("Stopped")}</span>`;
		case "ended":
			return html`<span class="status status-ended">${t("Ended")}</span>`;
		case "scheduled":
			return html`<span class="status status-scheduled">${t("Not on air yet")}</span>`;
		default:
			return html`<span class="status status-scheduled">${t("Connecting …")}</span>`;
	}
}

function lost(): TemplateResult | typeof nothing {
	if (!isLost(room)) return nothing;
	const { link } = room.socket;
	const waiting = room.outbox.pending().length;
	return html`<div class="board-lost" role="alert">
		${icon("wifi-off")}
		<span>
			<strong>${link.kind === "refused" ? link.message || t("You are signed out.") : t("No connection to the server")}</strong>
			${
				waiting
					? t("What you pressed is sent as soon as it is back.")
					: t("What you see may be old. It returns by itself.")
			}
		</span>
	</div>`;
}

const draw = () => {
	board.toggleAttribute("data-quiet", isQuiet(room.state));
	board.toggleAttribute("data-answering", !isQuiet(room.state) && answering(room.state) !== undefined);
	render(
		html`${lost()}
			<header class="board-top">
				<div class="board-side">${quietButton(room)}</div>
				<div class="board-state">${air()}</div>
				<div class="board-side board-side-end">${broadcastButtons(room)}</div>
			</header>
			${stopNotice(room)} ${question()}`,
		board,
	);
};

board.replaceChildren();
const say = announcer();
let told = "";
room.onChange(() => {
	draw();
	const shown = isQuiet(room.state) ? undefined : onBoard(room.state);
	if (shown && shown.id !== told) say(`${shown.text} ${askerOf(shown)}`);
	told = shown?.id ?? "";
});
window.setInterval(() => {
	const clock = document.querySelector("[data-running]");
	if (clock) clock.textContent = since();
}, 1000);
listen(() => ({
	Space: step,
	Enter: step,
	PageDown: () => !idle() && next(),
	PageUp: () => !idle() && next(-1),
	[onward]: () => !idle() && next(),
	[backward]: () => !idle() && next(-1),
	ArrowDown() {
		const shown = onBoard(room.state);
		if (shown && !idle()) later(shown);
	},
	KeyQ: () => setQuiet(room, !isQuiet(room.state)),
}));
stopByKey(room);
keepAwake();
room.start();
