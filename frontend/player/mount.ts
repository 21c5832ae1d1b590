// Puts a player into the page's <section id="picture"> and keeps it drawn.
import { html, nothing, render } from "lit/html.js";
import type { ServerClock } from "../room/clock.ts";
import { csrf } from "../room/csrf.ts";
import { lasting } from "../room/keep.ts";
import type { Keys } from "../room/keys.ts";
import { inMyLanguage, t } from "../room/messages.ts";
import type { Room } from "../room/room.ts";
import { feeds } from "./cameras.ts";
import { type BarExtras, bar, help, menu, soundButton } from "./controls.ts";
import { LevelMeter } from "./level.ts";
import { type Place, Player } from "./player.ts";
import { type Mark, TimeBar } from "./timebar.ts";
import { cover, statusLine } from "./view.ts";

/** Controls over a full-screen picture go when nobody moves. */
const IDLE_MS = 3000;

export interface Mounted {
	player: Player;
	keys: Keys;
}

export interface MountOptions {
	place: Place;
	/** The viewer's name, for the watermark. */
	name: string;
	csrf: () => string;
	clock: ServerClock;
	/** Where the questions are a drawer, the picture has the window to itself. */
	drawer?: () => BarExtras["drawer"];
	marks?: () => readonly Mark[];
	write?: (moment: number) => string;
	onDraw?: () => void;
}

/** The picture of a room, which follows what the room says of it. */
export function mountRoomPlayer(
	section: HTMLElement,
	room: Room,
	options: Pick<MountOptions, "place" | "drawer" | "onDraw">,
): Mounted {
	const mounted = mountPlayer(section, {
		...options,
		name: room.page.you.name,
		csrf: () => csrf(room.page.csrf),
		clock: room.clock,
	});
	room.onChange(() => {
		if (room.isKnown) mounted.player.update(room.state.channel ?? null, room.state.signal ?? {});
	});
	return mounted;
}

export function mountPlayer(section: HTMLElement, options: MountOptions): Mounted {
	const { place, drawer } = options;
	section.replaceChildren();
	const stage = document.createElement("div");
	stage.className = "player";
	const video = document.createElement("video");
	video.playsInline = true;
	video.setAttribute("aria-label", t("Picture from the theatre"));
	const cells = document.createElement("div");
	cells.className = "player-cells";
	const lead = document.createElement("div");
	lead.className = "player-lead";
	lead.append(video);
	cells.append(lead);
	const over = document.createElement("div");
	over.className = "player-over";
	stage.append(cells, watermark(options.name), over);
	const under = document.createElement("div");
	under.className = "stage-bar";
	section.append(stage, under);

	let panel: "help" | "menu" | null = null;
	let asked = false;
	const draw = () => {
		asked = false;
		const side = drawer?.();
		const extras: BarExtras = {
			timeBar: timeBar.draw(timeFacts(player, options)),
			menu: { open: panel === "menu", toggle: () => toggle("menu") },
			...(side ? { drawer: side } : {}),
		};
		stage.dataset["status"] = player.status;
		const whole = player.screen.isFull || side !== undefined;
		section.toggleAttribute("data-whole", whole);
		stage.toggleAttribute("data-listening", player.listening);
		stage.toggleAttribute("data-cameras", player.angles.tiles.length > 0);
		render(
			html`${cover(player)}${soundButton(player)}
				${panel === "help" ? help(toggleHelp) : nothing}
				${panel === "menu" ? menu(player, () => toggle("menu"), toggleHelp) : nothing}
				${whole ? html`<div class="player-top">${statusLine(player)}${feeds(player)}</div>` : nothing}
				${bar(player, video, extras)}`,
			over,
		);
		render(whole ? nothing : html`${statusLine(player)}${feeds(player)}`, under);
		meter.show(over.querySelector("canvas.player-level"));
		options.onDraw?.();
	};
	const drawSoon = () => {
		if (asked) return;
		asked = true;
		requestAnimationFrame(draw);
	};
	const timeBar = new TimeBar(drawSoon);
	const meter = new LevelMeter(video);
	const toggle = (which: "help" | "menu") => {
		panel = panel === which ? null : which;
		draw();
		// Whoever comes by keyboard goes on in what has opened, and back to where it was opened.
		const place = panel ? ".player-menu :is(button, select)" : "[data-name=menu]";
		over.querySelector<HTMLElement>(place)?.focus();
	};
	over.addEventListener("keydown", (event) => {
		if (event.key !== "Escape" || panel === null) return;
		event.preventDefault();
		toggle(panel);
	});
	const toggleHelp = () => toggle("help");
	const player = new Player({
		cells,
		video,
		titleOf: inMyLanguage,
		clock: options.clock,
		csrf: options.csrf,
		keeper: lasting(),
		place,
		onChange: drawSoon,
	});
	video.addEventListener("click", (event) => {
		// A finger asks for the controls first; it has pressed "pause" only when it hits that button.
		if ((event as PointerEvent).pointerType !== "touch") player.togglePlay();
	});
	hideWhenIdle(stage);
	drawSoon();
	return { player, keys: keysOf(player, video, toggleHelp) };
}

const timeFacts = (player: Player, { marks, write }: MountOptions) => {
	const { reach } = player;
	return (
		reach && {
			...reach,
			live: player.engine.live,
			goTo: (moment: number) => player.goTo(moment),
			...(marks ? { marks: marks() } : {}),
			...(write ? { write } : {}),
		}
	);
};

/** The viewer's name, faint and moving; the movement is CSS and rests for those who asked for rest. */
function watermark(name: string): HTMLElement {
	const mark = document.createElement("div");
	mark.className = "player-mark";
	mark.setAttribute("aria-hidden", "true");
	mark.textContent = name;
	return mark;
}

/**
 * The controls go when nobody moves. A finger leaves the focus where it pressed, and that is nobody's doing any more;
 * whoever comes by keyboard must see where they are.
 */
function hideWhenIdle(stage: HTMLElement): void {
	let timer: number | undefined;
	const rest = () => {
		if (stage.querySelector(":focus-visible, .player-menu")) seen();
		else stage.setAttribute("data-idle", "");
	};
	const seen = () => {
		stage.removeAttribute("data-idle");
		window.clearTimeout(timer);
		timer = window.setTimeout(rest, IDLE_MS);
	};
	wakeByFirstTouch(stage);
	for (const name of ["pointermove", "pointerdown", "focusin"]) stage.addEventListener(name, seen);
	document.addEventListener("keydown", seen);
	seen();
}

/** A touch of the picture while the bar is gone asks for the bar: it presses nothing, and changes no camera. */
function wakeByFirstTouch(stage: HTMLElement): void {
	let waking = false;
	// The style sheet decides where the bar goes at all: below a phone's grid it stays.
	const isGone = () => {
		const bar = stage.querySelector(".player-controls");
		return bar !== null && getComputedStyle(bar).opacity === "0";
	};
	stage.addEventListener(
		"pointerdown",
		({ pointerType, target }) => {
			waking = pointerType === "touch" && (target as Element).closest(".player-cells") !== null && isGone();
		},
		{ capture: true },
	);
	stage.addEventListener(
		"click",
		(event) => {
			// Enter on a button is a click too, of no pointer: a touch that became a scroll must not take it.
			if (waking && event.detail > 0) event.stopPropagation();
			waking = false;
		},
		{ capture: true },
	);
}

function keysOf(player: Player, video: HTMLVideoElement, toggleHelp: () => void): Keys {
	const cameras = Object.fromEntries(
		Array.from({ length: 9 }, (_, index) => [
			`Digit${index + 1}`,
			() => {
				const feed = player.engine.feeds[index];
				if (feed) player.choose(feed.key);
			},
		]),
	);
	return {
		...cameras,
		Digit0: () => player.choose(null),
		KeyG: () => player.engine.feeds.length > 1 && player.layOut(),
		Home: () => player.reach && player.goTo(player.reach.from + 1000),
		End: () => player.goLive(),
		Space: () => player.togglePlay(),
		KeyK: () => player.togglePlay(),
		KeyM: () => player.sound.toggle(),
		KeyF: () => player.screen.toggleFull(),
		KeyP: () => player.screen.togglePip(),
		KeyL: () => player.goLive(),
		ArrowLeft: () => player.move(-30),
		ArrowRight: () => player.move(10),
		ArrowUp: () => player.sound.setVolume(video.volume + 0.1),
		ArrowDown: () => player.sound.setVolume(video.volume - 0.1),
		Escape: () => player.screen.leaveFull(),
		"Shift+Slash": toggleHelp,
	};
}
