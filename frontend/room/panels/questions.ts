import { repeat } from "lit/directives/repeat.js";
import { html, nothing, type TemplateResult } from "lit/html.js";
import type { QuestionData } from "../../contracts/rooms.ts";
import { icon } from "../icons.ts";
import { plural, t } from "../messages.ts";
import type { Room } from "../room.ts";
import { allQuestions, answered, answering, isQuiet, queue } from "../state.ts";
import { askerOf, questionCard } from "./question.ts";

/** What the audience sees of the questions: the one being answered, their own, the next, the answered. */
export function questions(room: Room): TemplateResult {
	const { state, me } = room;
	const current = answering(state);
	const others = (list: QuestionData[]) => list.filter(({ asker }) => asker.id !== me.id);
	const mine = allQuestions(state)
		.filter(({ asker, state: now }) => asker.id === me.id && now !== "answering")
		.sort((a, b) => b.asked_at.localeCompare(a.asked_at));
	const next = others(queue(state));
	const done = others(answered(state));
	const sending = room.outbox.pending().filter(({ name }) => name === "question.ask");
	if (!current && !mine.length && !next.length && !done.length && !sending.length) return empty(room);
	return html`
		${isQuiet(state) ? quiet() : nothing} ${current ? now(current, current.asker.id === me.id) : nothing}
		${
			mine.length || sending.length
				? section(
						t("My questions"),
						html`${repeat(
							sending,
							({ id }) => id,
							({ data }) => html`<li class="question question-sending" data-state="sending">
								<p class="question-text" dir="auto">${data["text"]}</p>
								<p class="question-meta"><span class="status status-scheduled">${t("Being sent")}</span></p>
							</li>`,
						)}${cards(mine, true)}`,
					)
				: nothing
		}
		${
			next.length
				? section(
						plural(next.length, "{count} question is next", "{count} questions are next"),
						cards(next, false),
					)
				: nothing
		}
		${done.length ? section(t("Answered questions"), cards(done, false)) : nothing}
	`;
}

const cards = (list: QuestionData[], mine: boolean) =>
	repeat(
		list,
		({ id }) => id,
		(question) => questionCard(question, mine, mine),
	);

const section = (title: string, content: unknown) => html`<section class="questions-part">
	<h2 class="questions-title">${title}</h2>
	<ul class="questions">
		${content}
	</ul>
</section>`;

const now = (question: QuestionData, mine: boolean) => html`<section
	class="question question-answering"
	data-question=${question.id}
	data-state="answering"
>
	<h2 class="question-now-title"><span class="status status-voice">${t("Being answered")}</span></h2>
	<p class="question-text" dir="auto">${question.text}</p>
	<p class="question-meta"><span>${mine ? t("Your question") : askerOf(question)}</span></p>
</section>`;

const quiet = () => html`<div class="notice notice-warning">
	${icon("circle-pause")}
	<p class="notice-title">${t("The team asked for quiet")}</p>
	<p>${t("Questions wait until they can answer.")}</p>
</div>`;

function empty(room: Room): TemplateResult {
	if (!room.isKnown)
		return html`<div class="questions-part" aria-busy="true">
			<span class="skeleton skeleton-short"></span><span class="skeleton"></span><span class="skeleton"></span>
		</div>`;
	return html`${isQuiet(room.state) ? quiet() : nothing}
		<div class="empty">
			${icon("message-circle-question-mark")}
			<p class="empty-title">${t("No questions yet")}</p>
			<p>${t("Ask the operating team below. Questions that the moderator chooses are shown here, and the team answers them aloud.")}</p>
		</div>`;
}
