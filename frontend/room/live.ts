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
if (!picture || !side) throw new Error("The page lacks its places.");

let tab: Tab = "questions";
let drawerOpen = false;

const { player, keys } = mountRoomPlayer(picture, room, {
	place: "room",
	drawer: () => ({ open: drawerOpen, toggle: toggleDrawer, count: queue(room.state).length }),
});

function toggleDrawer(): void {
	drawerOpen = !drawerOpen;
	document.getElementById("content")?.setAttribute("data-drawer", drawerOpen ? "open" : "closed");
	room.changed();
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
					@click=${toggleDrawer}
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
listen(() => ({
	...keys,
	KeyA: () => {
		choose("questions");
		if (matchMedia("(orientation: landscape) and (max-height: 30rem)").matches && !drawerOpen) toggleDrawer();
		document.getElementById("ask")?.focus();
	},
}));
room.start();
