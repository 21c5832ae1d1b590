// The live room: the picture, the questions, the box to ask in.
import { html, nothing, render } from "lit/html.js";
import { mountPlayer } from "../player/mount.ts";
import { readBootstrap } from "./bootstrap.ts";
import { icon } from "./icons.ts";
import { listen } from "./keys.ts";
import { plural, t } from "./messages.ts";
import { announceQuestions } from "./panels/announce.ts";
import { askBox } from "./panels/ask.ts";
import { showConnection } from "./panels/connection.ts";
import { info } from "./panels/info.ts";
import { questions } from "./panels/questions.ts";
import { Room } from "./room.ts";
import { answering, queue } from "./state.ts";

const TABS = ["questions", "info"] as const;
type Tab = (typeof TABS)[number];

const room = new Room(readBootstrap());
const picture = document.getElementById("picture");
const side = document.getElementById("side");
if (!picture || !side) throw new Error("The page lacks its places.");

let tab: Tab = "questions";
let drawerOpen = false;

const { player, keys } = mountPlayer(picture, room, {
	place: "room",
	drawer: () => ({ open: drawerOpen, toggle: toggleDrawer, count: queue(room.state).length }),
});

function toggleDrawer(): void {
	drawerOpen = !drawerOpen;
	document.getElementById("content")?.setAttribute("data-drawer", drawerOpen ? "open" : "closed");
	room.changed();
}

const titles: Record<Tab, () => string> = { questions: () => t("Questions"), info: () => t("Information") };

function choose(chosen: Tab): void {
	tab = chosen;
	room.changed();
}

function arrows(event: KeyboardEvent): void {
	const step = event.code === "ArrowRight" ? 1 : event.code === "ArrowLeft" ? -1 : 0;
	if (!step) return;
	event.preventDefault();
	const forward = document.documentElement.dir === "rtl" ? -step : step;
	choose(TABS[(TABS.indexOf(tab) + forward + TABS.length) % TABS.length] ?? "questions");
	document.getElementById(`tab-${tab}`)?.focus();
}

const draw = () =>
	render(
		html`<div class="side-head">
				<div class="tabs" role="tablist" aria-label=${t("About this operation")} @keydown=${arrows}>
					${TABS.map(
						(name) => html`<button
							class="tab"
							type="button"
							role="tab"
							id="tab-${name}"
							aria-selected=${String(name === tab)}
							aria-controls="panel-${name}"
							tabindex=${name === tab ? 0 : -1}
							@click=${() => choose(name)}
						>
							${titles[name]()}
							${name === "questions" && answering(room.state) ? html`<span class="tab-dot"></span>` : nothing}
						</button>`,
					)}
				</div>
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
			<div class="room-panel" id="panel-${tab}" role="tabpanel" aria-labelledby="tab-${tab}" tabindex="0">
				${tab === "questions" ? questions(room) : info(room)}
			</div>
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
