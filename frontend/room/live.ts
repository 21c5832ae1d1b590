// The live room: the picture, the questions, the box to ask in.
import { html, nothing, render } from "lit/html.js";
import { mountRoomPlayer } from "../player/mount.ts";
import { readBootstrap } from "./bootstrap.ts";
import { icon } from "./icons.ts";
import { listen } from "./keys.ts";
import { plural, t } from "./messages.ts";
import { announceQuestions } from "./panels/announce.ts";
import { askBox } from "./panels/ask.ts";
import { showConnection } from "./panels/connection.ts";
import { info } from "./panels/info.ts";
import { questions } from "./panels/questions.ts";
import { tabPanel, tabRow } from "./panels/tabs.ts";
import { Room } from "./room.ts";
import { answering, queue } from "./state.ts";

const TITLES = { questions: () => t("Questions"), info: () => t("Information") };
type Tab = keyof typeof TITLES;

const room = new Room(readBootstrap());
const picture = document.getElementById("picture");
const side = document.getElementById("side");
const content = document.getElementById("content");
if (!picture || !side || !content) throw new Error("The page lacks its places.");

let tab: Tab = "questions";
let drawerOpen = false;

const { player, keys } = mountRoomPlayer(picture, room, {
	place: "room",
	drawer: () =>
		isDrawer()
			? { open: drawerOpen, toggle: () => openDrawer(!drawerOpen), count: queue(room.state).length }
			: undefined,
	onDraw: () => arrange(),
});

/** A phone on its side has room for the picture alone, as full screen has: the questions are a drawer over it. */
const onItsSide = matchMedia("(orientation: landscape) and (max-height: 30rem) and (max-width: 62rem)");
const isDrawer = () => player.screen.isFull || onItsSide.matches;

function arrange(): void {
	if (!isDrawer()) drawerOpen = false;
	if (!isDrawer()) content?.removeAttribute("data-drawer");
	else content?.setAttribute("data-drawer", drawerOpen ? "open" : "closed");
}

function openDrawer(open: boolean): void {
	drawerOpen = open;
	arrange();
	room.changed();
	const place = open ? side?.querySelector<HTMLElement>(".drawer-close") : null;
	(place ?? picture?.querySelector<HTMLElement>("[data-name=drawer]"))?.focus();
}

function choose(chosen: Tab): void {
	tab = chosen;
	room.changed();
}

const answeringDot = (name: Tab) =>
	name === "questions" && answering(room.state) ? html`<span class="tab-dot"></span>` : nothing;

const draw = () =>
	render(
		html`<div class="side-head">
				${tabRow({ label: t("About this operation"), titles: TITLES, chosen: tab, choose, mark: answeringDot })}
				${
					room.watching > 1
						? html`<span class="side-watching">${plural(room.watching, "{count} watching", "{count} watching")}</span>`
						: nothing
				}
				<button
					class="button button-plain button-icon drawer-close"
					type="button"
					aria-label=${t("Close")}
					@click=${() => openDrawer(false)}
				>
					${icon("x")}
				</button>
			</div>
			${tabPanel(tab, tab === "questions" ? questions(room) : info(room))}
			${askBox(room, () => player.shownAt())}`,
		side,
	);

side.replaceChildren();
showConnection(room);
room.onChange(draw);
announceQuestions(room);
side.addEventListener("keydown", (event) => {
	// Of the box to ask in too, which takes all other keys for itself.
	if (event.key !== "Escape" || event.isComposing || !drawerOpen) return;
	event.preventDefault();
	openDrawer(false);
});
listen(() => ({
	...keys,
	KeyA: () => {
		choose("questions");
		if (isDrawer() && !drawerOpen) openDrawer(true);
		document.getElementById("ask")?.focus();
	},
	Escape: (event) => (drawerOpen ? openDrawer(false) : keys["Escape"]?.(event)),
}));
room.start();
