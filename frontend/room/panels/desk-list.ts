// One column of the desk: a list that one walks with the arrow keys and that never moves under the hand.
import { repeat } from "lit/directives/repeat.js";
import { html, nothing, type TemplateResult } from "lit/html.js";
import type { QuestionData } from "../../contracts/rooms.ts";
import { clockTime } from "../format.ts";
import { icon } from "../icons.ts";
import { t } from "../messages.ts";
import type { Room } from "../room.ts";
import { type Row, settle } from "../settle.ts";
import type { Act, Acts } from "./desk-acts.ts";
import { askerOf, stateOf } from "./question.ts";

export interface Editing {
	id: string;
	revision: number;
}

export interface DeskView {
	room: Room;
	acts: Acts;
	editing: Editing | null;
	selected: string | null;
	select: (id: string | null) => void;
	stopEditing: () => void;
}

/** A hand that has just left may come back: things move only a moment later. (The keyboard's place moves along.) */
const LEAVE_MS = 700;

export class Column {
	rows: Row<QuestionData>[] = [];
	private held = false;
	private leaving: number | undefined;
	private dragged: string | null = null;
	private readonly changed: () => void;

	constructor(changed: () => void) {
		this.changed = changed;
	}

	update(items: QuestionData[]): void {
		this.rows = settle(this.rows, items, this.held);
	}

	private hold(): void {
		window.clearTimeout(this.leaving);
		this.held = true;
	}

	private leave(event: Event): void {
		const list = event.currentTarget as HTMLElement;
		window.clearTimeout(this.leaving);
		this.leaving = window.setTimeout(() => {
			this.held = list.matches(":hover");
			if (!this.held) this.changed();
		}, LEAVE_MS);
	}

	draw(view: DeskView, sortable: boolean): TemplateResult {
		return html`<ul
			class="desk-list"
			@pointerenter=${() => this.hold()}
			@pointerleave=${(event: Event) => this.leave(event)}
		>
			${repeat(
				this.rows,
				({ id }) => id,
				(row, index) => this.row(row, index, view, sortable),
			)}
		</ul>`;
	}

	private row(
		{ item, gone }: Row<QuestionData>,
		index: number,
		view: DeskView,
		sortable: boolean,
	): TemplateResult {
		if (gone) return ghost(view.room.state.questions?.[item.id] ?? item);
		const { room, acts, editing } = view;
		const chosen = view.selected === item.id || (view.selected === null && index === 0);
		const drag = sortable && room.may("question.move");
		return html`<li
			class="desk-card"
			data-question=${item.id}
			data-state=${item.state}
			tabindex=${chosen ? 0 : -1}
			draggable=${drag ? "true" : "false"}
			@focus=${() => view.select(item.id)}
			@pointerdown=${() => view.select(item.id)}
			@dragstart=${(event: DragEvent) => this.lift(event, item)}
			@dragover=${(event: DragEvent) => this.over(event)}
			@dragleave=${(event: DragEvent) => (event.currentTarget as HTMLElement).classList.remove("is-target")}
			@drop=${(event: DragEvent) => this.drop(event, item, view)}
		>
			${editing?.id === item.id ? editor(item, editing, view) : words(item, room)}
			${
				editing?.id === item.id
					? nothing
					: html`<div class="desk-card-foot">
							${acts.of(item).map((act) => actButton(act))} ${drag ? moveButtons(item, acts) : nothing}
						</div>`
			}
		</li>`;
	}

	private lift(event: DragEvent, item: QuestionData): void {
		this.dragged = item.id;
		event.dataTransfer?.setData("text/plain", item.text);
	}

	private over(event: DragEvent): void {
		if (this.dragged === null) return;
		event.preventDefault();
		(event.currentTarget as HTMLElement).classList.add("is-target");
	}

	private drop(event: DragEvent, onto: QuestionData, { room, acts }: DeskView): void {
		event.preventDefault();
		(event.currentTarget as HTMLElement).classList.remove("is-target");
		const question = room.state.questions?.[this.dragged ?? ""];
		this.dragged = null;
		if (question && question.id !== onto.id) acts.place(question, onto.id);
	}
}

const ghost = (item: QuestionData) => html`<li class="desk-card desk-ghost" data-state=${item.state}>
	<p class="question-text" dir="auto">${item.text}</p>
	<p class="question-meta">${stateOf(item)}</p>
</li>`;

export function actButton(act: Act): TemplateResult {
	return html`<button
		class="button button-small ${act.primary ? "button-primary" : ""}"
		type="button"
		tabindex="-1"
		data-act=${act.name}
		aria-keyshortcuts=${act.key}
		@click=${act.run}
	>
		${icon(act.icon)}<span>${act.label}</span><kbd aria-hidden="true">${act.key}</kbd>
	</button>`;
}

const moveButtons = (item: QuestionData, acts: Acts) => html`<span class="desk-move">
	<button
		class="button button-small button-icon"
		type="button"
		tabindex="-1"
		aria-label=${t("Earlier (Shift and arrow up)")}
		title=${t("Earlier (Shift and arrow up)")}
		@click=${() => acts.move(item, -1)}
	>
		${icon("chevron-up")}
	</button>
	<button
		class="button button-small button-icon"
		type="button"
		tabindex="-1"
		aria-label=${t("Later (Shift and arrow down)")}
		title=${t("Later (Shift and arrow down)")}
		@click=${() => acts.move(item, 1)}
	>
		${icon("chevron-down")}
	</button>
</span>`;

export function words(item: QuestionData, room: Room): TemplateResult {
	const original = room.state.originals?.[item.id];
	return html`<p class="question-text" dir="auto">${item.text}</p>
		<p class="question-meta">
			<span>${askerOf(item)}</span>
			<time datetime=${item.asked_at}>${clockTime(item.asked_at)}</time>
		</p>
		${
			original && original.text !== item.text
				? html`<details class="desk-card-original">
						<summary>${t("As it was typed")}</summary>
						<p dir="auto">${original.text}</p>
					</details>`
				: nothing
		}`;
}

function editor(item: QuestionData, editing: Editing, view: DeskView): TemplateResult {
	const { room, acts } = view;
	const field = `edit.${item.id}`;
	const save = (event: Event) => {
		event.preventDefault();
		const text = room.drafts.read(field).trim();
		if (text && text !== item.text) acts.change(item, text, editing.revision);
		room.drafts.write(field, "");
		view.stopEditing();
	};
	const cancel = () => {
		room.drafts.write(field, "");
		view.stopEditing();
	};
	const keyed = (event: KeyboardEvent) => {
		event.stopPropagation();
		if (event.code === "Escape") cancel();
		if (event.code === "Enter" && (event.ctrlKey || event.metaKey)) save(event);
	};
	return html`<form class="desk-editor" @submit=${save} @keydown=${keyed}>
		<textarea
			class="input"
			rows="3"
			dir="auto"
			aria-label=${t("Text of the question")}
			.value=${room.drafts.read(field) || item.text}
			@input=${(event: Event) => room.drafts.write(field, (event.target as HTMLTextAreaElement).value)}
		></textarea>
		${
			item.revision !== editing.revision
				? html`<p class="desk-changed">${t("Somebody else has changed it meanwhile: {text}", { text: item.text })}</p>`
				: nothing
		}
		<div class="desk-card-foot">
			<button class="button button-small button-primary">${icon("save")}${t("Save")}<kbd aria-hidden="true">Ctrl ↵</kbd></button>
			<button class="button button-small" type="button" @click=${cancel}>${t("Cancel")}<kbd aria-hidden="true">Esc</kbd></button>
		</div>
	</form>`;
}
