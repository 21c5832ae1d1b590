import { html, nothing, type TemplateResult } from "lit/html.js";
import type { QuestionData } from "../../contracts/rooms.ts";
import { clockTime, joined } from "../format.ts";
import { t } from "../messages.ts";

export const askerOf = ({ asker }: QuestionData): string => joined(asker.name, asker.city);

const STATES: Record<QuestionData["state"], () => [string, string]> = {
	asked: () => ["scheduled", t("With the moderator")],
	approved: () => ["ok", t("Chosen for the theatre")],
	answering: () => ["voice", t("Being answered")],
	answered: () => ["ended", t("Answered")],
	dismissed: () => ["stopped", t("Set aside")],
};

/** The state of a question as word, shape and colour. */
export function stateOf({ state }: QuestionData): TemplateResult {
	const [style, word] = STATES[state]();
	return html`<span class="status status-${style}">${word}</span>`;
}

export function questionCard(question: QuestionData, mine: boolean, showState: boolean): TemplateResult {
	const when = question.state === "answered" ? question.answered_at : question.asked_at;
	return html`<li
		class="question question-${question.state} ${mine ? "question-mine" : ""}"
		data-question=${question.id} data-state=${question.state} ?data-mine=${mine}>
		<p class="question-text" dir="auto">${question.text}</p>
		<p class="question-meta">
			${showState ? stateOf(question) : nothing}
			<span>${mine ? t("You") : askerOf(question)}</span>
			<time datetime=${when ?? ""}>${clockTime(when)}</time>
			${question.edited ? html`<span class="tag">${t("edited by the moderator")}</span>` : nothing}
		</p>
	</li>`;
}
