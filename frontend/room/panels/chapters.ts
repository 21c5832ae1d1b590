// What happened when: phases, the questions asked at each moment, stops. Each leads there.
import { repeat } from "lit/directives/repeat.js";
import { html, nothing, type TemplateResult } from "lit/html.js";
import type { IconName } from "../../icons/names.ts";
import { icon } from "../icons.ts";
import { t } from "../messages.ts";

export interface Chapter {
	at: string;
	kind: string;
	title: string;
	text?: string;
	who?: string;
	until?: string | null;
}

const SYMBOLS: Record<string, IconName> = {
	start: "play",
	question: "message-circle-question-mark",
	answer: "mic",
	stop: "octagon-x",
	resume: "play",
	phase: "bookmark",
	end: "square",
};

/** The chapter that is on the screen at this moment (ms): its place in the list, or -1. */
export function chapterAt(list: readonly Chapter[], now: number): number {
	let found = -1;
	for (const [index, { at }] of list.entries()) if (Date.parse(at) <= now + 500) found = index;
	return found;
}

export function chapters(
	list: readonly Chapter[],
	current: number,
	write: (moment: number) => string,
	goTo: (moment: number) => void,
): TemplateResult {
	if (list.length === 0)
		return html`<div class="empty">
			${icon("bookmark")}
			<p class="empty-title">${t("No chapters")}</p>
			<p>${t("Questions that were answered, phases and pauses of the operation appear here, each at its moment.")}</p>
		</div>`;
	return html`<ol class="chapters">
		${repeat(
			list,
			({ at, title }) => `${at} ${title}`,
			({ at, kind, title, text, who }, index) => html`<li>
				<button
					class="chapter chapter-${kind}"
					type="button"
					aria-current=${index === current ? "true" : nothing}
					data-at=${at}
					@click=${() => goTo(Date.parse(at))}
				>
					<time>${write(Date.parse(at))}</time>
					${icon(SYMBOLS[kind] ?? "bookmark")}
					<span class="chapter-words">
						<span class="chapter-title">${title}</span>
						${text ? html`<span dir="auto">${text}</span>` : nothing}
						${who ? html`<span class="soft">${who}</span>` : nothing}
					</span>
				</button>
			</li>`,
		)}
	</ol>`;
}
