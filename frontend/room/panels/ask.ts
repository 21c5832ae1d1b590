import { live } from "lit/directives/live.js";
import { html, nothing, type TemplateResult } from "lit/html.js";
import { icon } from "../icons.ts";
import { plural, t } from "../messages.ts";
import type { Room } from "../room.ts";
import { isQuiet } from "../state.ts";

export const ASK_LIMIT = 600;
const WARN_FROM = 450;

/** The box in which a question is typed; what is in it is kept on every keystroke. */
export function askBox(room: Room, shownAt: () => string | null): TemplateResult {
	const { state } = room;
	const text = room.drafts.read("ask");
	const over = state.operation?.state === "ended";
	if (over)
		return html`<div class="ask"><p class="ask-note">${t("The broadcast is over; no more questions are taken.")}</p></div>`;
	const left = ASK_LIMIT - [...text].length;
	const submit = (event: Event) => {
		event.preventDefault();
		send(room, shownAt);
	};
	return html`<form class="ask" @submit=${submit}>
		<label class="visually-hidden" for="ask">${t("Your question to the operating team")}</label>
			<textarea
				id="ask"
				class="input ask-text"
				rows="1"
				dir="auto"
				aria-describedby="ask-hint"
				aria-keyshortcuts="A"
				placeholder=${t("Ask the operating team …")}
				.value=${live(text)}
				@input=${(event: Event) => write(room, (event.target as HTMLTextAreaElement).value)}
				@keydown=${(event: KeyboardEvent) => keyed(event, room, shownAt)}
			></textarea>
			<button class="button button-primary ask-send" ?disabled=${!text.trim() || left < 0}>
				${icon("send")}<span>${t("Ask")}</span>
			</button>
		<p class="ask-note" id="ask-hint">
			${isQuiet(state) ? t("The team asked for quiet: questions are kept for later.") : t("They see it after the moderator.")}
			${
				left <= ASK_LIMIT - WARN_FROM
					? html`<span class="ask-left" ?data-over=${left < 0}>${
							left < 0
								? plural(-left, "{count} character too many", "{count} characters too many")
								: plural(left, "{count} character left", "{count} characters left")
						}</span>`
					: nothing
			}
		</p>
	</form>`;
}

function write(room: Room, text: string): void {
	room.drafts.write("ask", text);
	room.changed();
}

function keyed(event: KeyboardEvent, room: Room, shownAt: () => string | null): void {
	if (event.code === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
		event.preventDefault();
		send(room, shownAt);
	}
	if (event.code === "Escape") (event.target as HTMLElement).blur();
}

function send(room: Room, shownAt: () => string | null): void {
	const text = room.drafts.read("ask").trim();
	if (!text || [...text].length > ASK_LIMIT) return;
	// From here on the outbox keeps the words; if they are refused they come back into the box.
	void room.send("question.ask", { text, media_time: shownAt() }, { keep: "device", once: `ask:${text}` });
	room.drafts.write("ask", "");
	room.changed();
	// The button is about to be disabled and would take the focus with it. On a phone the keyboard stays closed.
	if (matchMedia("(hover: hover)").matches) document.getElementById("ask")?.focus();
}
