// Puts a player into the page's <section id="picture"> and keeps it drawn.
import { html, nothing, render } from "lit/html.js";
import { lasting } from "../room/keep.ts";
import type { Keys } from "../room/keys.ts";
import { t } from "../room/messages.ts";
import type { Room } from "../room/room.ts";
import { csrf } from "../room/room.ts";
import { Player } from "./player.ts";
import { type BarExtras, bar, cover, feeds, help, soundButton, statusLine } from "./view.ts";

/** Controls over a full-screen picture go when nobody moves. */
const IDLE_MS = 3000;

export interface Mounted {
	player: Player;
	keys: Keys;
}

export interface MountOptions {
	place: "room" | "desk";
	drawer?: () => BarExtras["drawer"];
}

export function mountPlayer(section: HTMLElement, room: Room, { place, drawer }: MountOptions): Mounted {
	section.replaceChildren();
	const stage = document.createElement("div");
	stage.className = "player";
	const video = document.createElement("video");
	video.playsInline = true;
	video.setAttribute("aria-label", t("Picture from the theatre"));
	const over = document.createElement("div");
	over.className = "player-over";
	stage.append(video, watermark(room.page.you.name), over);
	const under = document.createElement("div");
	under.className = "stage-bar";
	section.append(stage, under);

	let helping = false;
	let asked = false;
	const draw = () => {
		asked = false;
		const side = drawer?.();
		const extras: BarExtras = { help: toggleHelp, ...(side ? { drawer: side } : {}) };
		stage.dataset["status"] = player.status;
		stage.toggleAttribute("data-filling", player.screen.filling);
		render(
			html`${cover(player)}${soundButton(player)}${helping ? help(toggleHelp) : nothing}
				${player.screen.isFull ? html`<div class="player-top">${statusLine(player)}${feeds(player)}</div>` : nothing}
				${bar(player, video, extras)}`,
			over,
		);
		render(html`${statusLine(player)}${feeds(player)}`, under);
	};
	const drawSoon = () => {
		if (asked) return;
		asked = true;
		requestAnimationFrame(draw);
	};
	const toggleHelp = () => {
		helping = !helping;
		drawSoon();
	};
	const player = new Player({
		stage,
		video,
		clock: room.clock,
		csrf: () => csrf(room.page.csrf),
		keeper: lasting(),
		place,
		onChange: drawSoon,
	});
	room.onChange(() => {
		if (room.isKnown) player.update(room.state.channel ?? null, room.state.signal ?? {});
	});
	video.addEventListener("click", (event) => {
		// A finger asks for the controls first; it has pressed "pause" only when it hits that button.
		if ((event as PointerEvent).pointerType !== "touch") player.togglePlay();
	});
	hideWhenIdle(stage);
	drawSoon();
	return { player, keys: keysOf(player, video, toggleHelp) };
}

/** The viewer's name, faint and moving; the movement is CSS and rests for those who asked for rest. */
function watermark(name: string): HTMLElement {
	const mark = document.createElement("div");
	mark.className = "player-mark";
	mark.setAttribute("aria-hidden", "true");
	mark.textContent = name;
	return mark;
}

function hideWhenIdle(stage: HTMLElement): void {
	let timer: number | undefined;
	const seen = () => {
		stage.removeAttribute("data-idle");
		window.clearTimeout(timer);
		timer = window.setTimeout(() => stage.setAttribute("data-idle", ""), IDLE_MS);
	};
	for (const name of ["pointermove", "pointerdown", "focusin"]) stage.addEventListener(name, seen);
	document.addEventListener("keydown", seen);
	seen();
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
