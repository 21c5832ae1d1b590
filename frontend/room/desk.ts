// The moderator's desk: coming in, chosen, now.
import { html, nothing, render, type TemplateResult } from "lit/html.js";
import type { QuestionData } from "../contracts/rooms.ts";
import { mountRoomPlayer } from "../player/mount.ts";
import { readBootstrap } from "./bootstrap.ts";
import { runningTime } from "./format.ts";
import { icon } from "./icons.ts";
import { type Keys, listen } from "./keys.ts";
import { plural, t } from "./messages.ts";
import { announcer } from "./panels/announce.ts";
import { broadcastButtons, quietButton, setQuiet, stopByKey, stopNotice } from "./panels/broadcast.ts";
import { showConnection } from "./panels/connection.ts";
import { Acts } from "./panels/desk-acts.ts";
import { actButton, Column, type DeskView, type Editing, words } from "./panels/desk-list.ts";
import { Room } from "./room.ts";
import { answered, answering, comingIn, dismissed, isQuiet, onBoard, queue } from "./state.ts";

const room = new Room(readBootstrap());
const found = document.querySelector<HTMLElement>("main.desk");
if (!found) throw new Error("The page lacks its place.");
const desk: HTMLElement = found;

let selected: string | null = null;
let editing: Editing | null = null;
let aside: "dismissed" | "answered" = "dismissed";

const acts = new Acts(room, edit);
const incoming = new Column(() => room.changed());
const chosen = new Column(() => room.changed());
const columns = [incoming, chosen];

function edit(question: QuestionData): void {
	editing = { id: question.id, revision: question.revision };
	room.drafts.write(`edit.${question.id}`, question.text);
	draw();
	document.querySelector<HTMLElement>(".desk-editor textarea")?.focus();
}

function select(id: string | null): void {
	if (selected === id) return;
	selected = id;
	room.changed();
}

const view = (): DeskView => ({
	room,
	acts,
	editing,
	selected,
	select,
	stopEditing() {
		const id = editing?.id;
		editing = null;
		draw();
		if (id) focusOn(id);
	},
});

const focusOn = (id: string) =>
	document.querySelector<HTMLElement>(`.desk-card[data-question="${id}"]`)?.focus();

function column(title: string, count: number, hint: string, list: Column, sortable: boolean): TemplateResult {
	return html`<section class="desk-column" aria-label=${title}>
		<header class="desk-head">
			<h2>${title}</h2>
			<span class="desk-position">${count}</span>
		</header>
		${list.rows.length ? list.draw(view(), sortable) : html`<p class="desk-empty">${room.isKnown ? hint : t("Loading …")}</p>`}
	</section>`;
}

function nowColumn(): TemplateResult {
	const { state } = room;
	const current = answering(state);
	const shown = onBoard(state);
	return html`<section class="desk-column" aria-label=${t("Now")}>
		<header class="desk-head"><h2>${t("Now")}</h2>${broadcastState()}</header>
		<div class="desk-now">
		<div id="desk-picture" class="desk-picture"></div>
		${
			isQuiet(state)
				? html`<div class="notice notice-warning">
						${icon("circle-pause")}
						<p class="notice-title">${t("The theatre asked for quiet")}</p>
						<p>${t("The board shows no question until the team ends it.")}</p>
					</div>`
				: nothing
		}
		<div class="desk-board" data-state=${current ? "answering" : "waiting"}>
			<h3 class="questions-title">${current ? t("Being answered") : t("On the theatre's board")}</h3>
			${shown && (current || !isQuiet(state)) ? words(shown, room) : html`<p class="soft">${t("Nothing.")}</p>`}
			${current ? html`<div class="desk-card-foot">${acts.of(current).map(actButton)}</div>` : nothing}
		</div>
		${stopNotice(room)}
		<div class="desk-broadcast">${quietButton(room)} ${broadcastButtons(room)}</div>
		<p class="soft desk-watching">${plural(room.watching, "{count} person in the room", "{count} people in the room")}</p>
		${asideList()}
		</div>
	</section>`;
}

function broadcastState(): TemplateResult {
	const operation = room.state.operation;
	switch (operation?.state) {
		case "on_air":
			return html`<span class="status status-on-air">${t("On air")}</span>
				<time class="desk-running" data-running .textContent=${running()}></time>`;
		case "stopped":
			return html`<span class="status status-stopped">${t("Stopped")}</span>`;
		case "ended":
			return html`<span class="status status-ended">${t("Ended")}</span>`;
		default:
			return html`<span class="status status-scheduled">${t("Not on air yet")}</span>`;
	}
}

const running = (): string => {
	const since = Date.parse(room.state.operation?.on_air_since ?? "");
	return Number.isFinite(since) ? runningTime(room.clock.now() - since) : "";
};

function asideList(): TemplateResult {
	const lists = { dismissed: dismissed(room.state), answered: answered(room.state) };
	const list = lists[aside];
	const tab = (name: typeof aside, word: string) => html`<button
		class="segment"
		type="button"
		aria-pressed=${String(aside === name)}
		@click=${() => {
			aside = name;
			room.changed();
		}}
	>
		${word} ${lists[name].length}
	</button>`;
	return html`<div class="desk-aside">
		<div class="segments">${tab("dismissed", t("Set-aside questions"))}${tab("answered", t("Answered questions"))}</div>
		<ul class="desk-list">
			${list.map(
				(
					item,
				) => html`<li class="desk-card" data-question=${item.id} tabindex="-1" @focus=${() => select(item.id)}>
					${words(item, room)}
					<div class="desk-card-foot">${acts.of(item).map(actButton)}</div>
				</li>`,
			)}
		</ul>
	</div>`;
}

function undoBar(): TemplateResult | typeof nothing {
	const { undo } = acts;
	if (!undo) return nothing;
	return html`<div class="desk-undo">
		<div class="undo-bar" role="status">
			<span>${undo.text}</span>
			<button class="button button-small" type="button" @click=${() => acts.takeBack()}>
				${icon("undo-2")}${t("Undo")}<kbd aria-hidden="true">U</kbd>
			</button>
		</div>
	</div>`;
}

const bottom = document.createElement("div");

function draw(): void {
	incoming.update(comingIn(room.state));
	chosen.update(queue(room.state));
	render(
		html`${column(
			t("Coming in"),
			comingIn(room.state).length,
			t("New questions appear here, the oldest on top. Choose with A, set aside with D."),
			incoming,
			false,
		)}${column(
			t("Chosen"),
			queue(room.state).length,
			t("Questions you choose wait here, in the order in which the theatre gets them."),
			chosen,
			true,
		)}${nowColumn()}`,
		desk,
	);
	render(undoBar(), bottom);
}

/** The question the keys mean: the one with the focus, else the selected one. */
function target(): QuestionData | undefined {
	const id = document.activeElement?.closest<HTMLElement>("[data-question]")?.dataset["question"] ?? selected;
	return id ? room.state.questions?.[id] : undefined;
}

function walk(step: number): void {
	const here = columns.find(({ rows }) => rows.some(({ id }) => id === selected)) ?? incoming;
	const rows = here.rows.filter(({ gone }) => !gone);
	const place = rows.findIndex(({ id }) => id === selected);
	const next = rows[Math.min(rows.length - 1, Math.max(0, place + step))];
	if (next) focusOn(next.id);
}

function cross(step: number): void {
	const place = columns.findIndex(({ rows }) => rows.some(({ id }) => id === selected));
	const next = columns[Math.min(columns.length - 1, Math.max(0, place + step))]?.rows.find(
		({ gone }) => !gone,
	);
	if (next) focusOn(next.id);
}

/** After an act the hand goes on with the neighbour, not with the top of the page. */
function actBy(code: string): void {
	const question = target() ?? (code === "KeyF" || code === "KeyL" ? answering(room.state) : undefined);
	const current = answering(room.state);
	const act =
		(question && acts.of(question).find((one) => one.code === code)) ??
		(current && acts.of(current).find((one) => one.code === code));
	if (!act) return;
	const leaves = act.name !== "question.edit";
	if (leaves && question) {
		const rows = columns.find((one) => one.rows.some(({ id }) => id === question.id))?.rows ?? [];
		const place = rows.findIndex(({ id }) => id === question.id);
		const next = [...rows.slice(place + 1), ...rows.slice(0, place).reverse()].find(({ gone }) => !gone);
		if (next) focusOn(next.id);
	}
	act.run();
}

const keys = (): Keys => ({
	ArrowDown: () => walk(1),
	ArrowUp: () => walk(-1),
	KeyJ: () => walk(1),
	KeyK: () => walk(-1),
	ArrowRight: () => cross(1),
	ArrowLeft: () => cross(-1),
	"Shift+ArrowUp": () => moveBy(-1),
	"Shift+ArrowDown": () => moveBy(1),
	KeyU: () => acts.takeBack(),
	KeyQ: () => setQuiet(room, !isQuiet(room.state)),
	...Object.fromEntries(
		["A", "B", "D", "E", "F", "L", "N", "R"].map((key) => [`Key${key}`, () => actBy(`Key${key}`)]),
	),
});

function moveBy(step: number): void {
	const question = target();
	if (question?.state === "approved") acts.move(question, step);
}

desk.replaceChildren();
document.body.append(bottom);
showConnection(room);

const say = announcer();
let known = -1;
room.onChange(() => {
	draw();
	const count = comingIn(room.state).length;
	if (room.isKnown && known >= 0 && count > known)
		say(plural(count, "{count} question is waiting", "{count} questions are waiting"));
	known = room.isKnown ? count : -1;
	document.title = document.title.replace(/^(\(\d+\) )?/, count ? `(${count}) ` : "");
});
draw();
const picture = document.getElementById("desk-picture");
if (picture) mountRoomPlayer(picture, room, { place: "desk" });
window.setInterval(() => {
	const clock = document.querySelector("[data-running]");
	if (clock) clock.textContent = running();
}, 1000);
listen(keys);
stopByKey(room);
room.start();
