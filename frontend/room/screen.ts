// The hall's screen: one thing at a time, read from the last row. It takes no commands.
import { html, nothing, render, type TemplateResult } from "lit/html.js";
import type { QuestionData } from "../contracts/rooms.ts";
import type { IconName } from "../icons/names.ts";
import { keepAwake } from "./awake.ts";
import { readBootstrap } from "./bootstrap.ts";
import { icon } from "./icons.ts";
import { plural, t } from "./messages.ts";
import { isLost } from "./panels/connection.ts";
import { askerOf } from "./panels/question.ts";
import { Room } from "./room.ts";
import { answering, isQuiet, queue } from "./state.ts";

const room = new Room(readBootstrap());
const place = document.getElementById("screen-now");
if (!place) throw new Error("The page lacks its place.");

function answer(question: QuestionData): TemplateResult {
	const length = question.text.length > 280 ? "longest" : question.text.length > 110 ? "long" : "short";
	return html`<p class="screen-label"><span class="status status-voice">${t("Being answered")}</span></p>
		<p class="screen-text screen-text-${length}" dir="auto" data-question=${question.id}>${question.text}</p>
		<p class="screen-who">${askerOf(question)}</p>`;
}

const words = (
	symbol: IconName,
	title: string,
	text: string,
) => html`<p class="screen-label">${icon(symbol)}</p>
	<p class="screen-text">${title}</p>
	${text ? html`<p class="screen-who">${text}</p>` : nothing}`;

function now(): TemplateResult {
	const { state } = room;
	const current = answering(state);
	if (!room.isKnown) return words("loader", t("Connecting …"), "");
	if (state.operation?.state === "ended")
		return words("circle-check", t("The operation is over"), t("Thank you."));
	if (state.operation?.state === "stopped") return words("circle-pause", t("The broadcast is stopped"), "");
	if (isQuiet(state))
		return words("circle-pause", t("The team asked for quiet"), t("Questions wait until they can answer."));
	if (current) return answer(current);
	const waiting = queue(state).length;
	return words(
		"message-circle-question-mark",
		t("Ask the operating team"),
		waiting
			? plural(waiting, "{count} question is waiting", "{count} questions are waiting")
			: t("Scan the code, or open this operation on your own device."),
	);
}

place.replaceChildren();
room.onChange(() => {
	const { state } = room;
	const idle = !answering(state) && !isQuiet(state) && state.operation?.state !== "stopped";
	document.documentElement.dataset["shows"] = idle ? "code" : "words";
	render(
		html`${now()}${isLost(room) ? html`<p class="screen-corner screen-lost">${icon("wifi-off")}${t("No connection")}</p>` : nothing}`,
		place,
	);
});
keepAwake();
room.start();
