// What is drawn over and under the picture. The <video> itself is never drawn anew.
import { html, nothing, type TemplateResult } from "lit/html.js";
import type { IconName } from "../icons/names.ts";
import { seconds } from "../room/format.ts";
import { icon } from "../room/icons.ts";
import { inMyLanguage, t } from "../room/messages.ts";
import type { Player } from "./player.ts";
import { coversPicture, type StatusKind } from "./status.ts";

interface Words {
	icon: IconName;
	title: string;
	text: string;
}

const words = (kind: StatusKind, player: Player): Words => {
	switch (kind) {
		case "refused":
			return {
				icon: "lock",
				title: t("You may not see this picture"),
				text: player.refusal || t("Only verified physicians of this congress see operations."),
			};
		case "scheduled":
			return {
				icon: "clock",
				title: t("The operation is not on air yet"),
				text: t("The picture starts here by itself."),
			};
		case "stopped":
			return {
				icon: "octagon-x",
				title: t("The broadcast is stopped"),
				text: t("Those in charge took the picture off the air. If it goes on, it starts here by itself."),
			};
		case "ended":
			return {
				icon: "circle-check",
				title: t("The broadcast is over"),
				text: t("Questions and answers stay in the list."),
			};
		case "offline":
			return {
				icon: "wifi-off",
				title: t("No connection"),
				text: t("The picture returns by itself as soon as the network does. Nothing you typed is lost."),
			};
		case "trouble":
			return {
				icon: "triangle-alert",
				title: t("The picture does not get through"),
				text: t("We keep trying. If others see it, your network may be blocking it."),
			};
		default:
			return { icon: "loader", title: t("Connecting to the theatre"), text: "" };
	}
};

export function cover(player: Player): TemplateResult | typeof nothing {
	const kind = player.status;
	const covered = coversPicture(kind, player.engine.hasPicture) || !player.engine.hasPicture;
	if (!covered) return nothing;
	const said =
		kind === "starting"
			? { ...words(kind, player), title: t("The camera is starting") }
			: words(kind, player);
	const waiting = said.icon === "loader";
	return html`<div class="player-state player-state-${kind}">
		${waiting ? html`<span class="player-spinner"></span>` : icon(said.icon)}
		<h2>${said.title}</h2>
		${said.text ? html`<p>${said.text}</p>` : nothing}
		${
			kind === "refused"
				? html`<button class="button" type="button" @click=${() => player.retry()}>
						${icon("rotate-cw")}${t("Try again")}
					</button>`
				: nothing
		}
	</div>`;
}

const delayText = (player: Player): string =>
	player.delay === null ? "" : t("{seconds} s behind", { seconds: seconds(player.delay) });

function state(player: Player): TemplateResult {
	const tell = (style: string, word: string) => html`<span class="status status-${style}">${word}</span>`;
	switch (player.status) {
		case "live":
			return tell("live", t("Live"));
		case "back":
			return tell("scheduled", t("Earlier"));
		case "paused":
			return tell("quiet", t("Paused"));
		case "signal_lost":
			return tell("warning", t("Signal lost, it returns by itself"));
		case "unreadable":
			return tell("warning", t("The camera sends something unreadable"));
		case "no_signal":
			return tell("warning", t("No signal from this camera"));
		case "offline":
			return tell("warning", t("No connection"));
		case "stalled":
		case "trouble":
			return tell("warning", t("The network is slow"));
		case "stopped":
			return tell("stopped", t("Stopped"));
		case "ended":
			return tell("ended", t("Ended"));
		case "scheduled":
			return tell("scheduled", t("Not on air yet"));
		case "refused":
			return tell("failed", t("No right"));
		default:
			return tell("scheduled", t("Connecting"));
	}
}

/** The line that says how things are: live, how far behind, simulated. */
export function statusLine(player: Player): TemplateResult {
	const feed = player.signalOf(player.engine.feed);
	const shows = player.engine.hasPicture;
	return html`<div class="stage-facts">
		<span role="status">${state(player)}</span>
		${shows ? html`<span class="player-delay" data-delay=${player.delay?.toFixed(2) ?? nothing}>${delayText(player)}</span>` : nothing}
		${shows && feed?.simulated ? html`<span class="tag">${t("Simulated picture")}</span>` : nothing}
	</div>`;
}

const key = (letter: string) => html`<kbd aria-hidden="true">${letter}</kbd>`;

interface ButtonFacts {
	icon: IconName;
	label: string;
	key: string;
	act: () => void;
	disabled?: boolean;
	pressed?: boolean;
	name: string;
}

const button = (facts: ButtonFacts): TemplateResult => html`<button
	class="player-button"
	type="button"
	data-name=${facts.name}
	title="${facts.label} (${facts.key})"
	aria-label=${facts.label}
	aria-keyshortcuts=${facts.key}
	aria-pressed=${facts.pressed === undefined ? nothing : String(facts.pressed)}
	?disabled=${facts.disabled ?? false}
	@click=${facts.act}
>${icon(facts.icon)}</button>`;

export interface BarExtras {
	help: () => void;
	drawer?: { open: boolean; toggle: () => void; count: number };
}

export function bar(player: Player, video: HTMLVideoElement, extras: BarExtras): TemplateResult {
	const { engine, sound, screen } = player;
	const off = !engine.hasPicture;
	const muted = sound.muted;
	return html`<div class="player-controls" role="group" aria-label=${t("Picture controls")}>
		${button({
			name: "play",
			icon: video.paused ? "play" : "pause",
			label: video.paused ? t("Play") : t("Pause"),
			key: "K",
			act: () => player.togglePlay(),
			disabled: off,
		})}
		<button
			class="player-button"
			type="button"
			data-name="back"
			title="${t("Back 30 seconds")} (←)"
			aria-label=${t("Back 30 seconds")}
			aria-keyshortcuts="ArrowLeft"
			?disabled=${off}
			@click=${() => player.move(-30)}
		>${icon("rotate-ccw")}<span>30</span></button>
		<button
			class="player-button player-live"
			type="button"
			?data-behind=${player.back || video.paused}
			data-name="live"
			title="${t("To the live picture")} (L)"
			aria-keyshortcuts="L"
			aria-pressed=${String(!off && !player.back && !video.paused)}
			?disabled=${off}
			@click=${() => player.goLive()}
		><span class="player-dot"></span>${t("Live")}</button>
		<span class="player-space"></span>
		${button({
			name: "mute",
			icon: muted ? "volume-x" : "volume-2",
			label: muted ? t("Turn sound on") : t("Turn sound off"),
			key: "M",
			act: () => sound.toggle(),
		})}
		<input
			class="player-volume"
			type="range"
			min="0"
			max="1"
			step="0.05"
			aria-label=${t("Volume")}
			.value=${String(muted ? 0 : video.volume)}
			@input=${(event: Event) => sound.setVolume(Number((event.target as HTMLInputElement).value))}
		/>
		${quality(player)}
		${
			screen.hasPip
				? button({
						name: "pip",
						icon: "picture-in-picture-2",
						label: t("Picture in picture"),
						key: "P",
						act: () => screen.togglePip(),
						disabled: off,
						pressed: screen.isPip,
					})
				: nothing
		}
		${button({ name: "help", icon: "keyboard", label: t("Keys"), key: "?", act: extras.help })}
		${button({
			name: "full",
			icon: screen.isFull ? "minimize" : "maximize",
			label: screen.isFull ? t("Leave full screen") : t("Full screen"),
			key: "F",
			act: () => screen.toggleFull(),
		})}
		${
			extras.drawer
				? html`<button
						class="player-button player-drawer drawer-button"
						type="button"
						data-name="drawer"
						aria-expanded=${String(extras.drawer.open)}
						aria-controls="side"
						aria-label=${t("Questions")}
						@click=${extras.drawer.toggle}
					>${icon("message-circle-question-mark")}</button>`
				: nothing
		}
	</div>`;
}

/** Only where there is something to choose: a single quality needs no menu. */
function quality({ engine }: Player): TemplateResult | typeof nothing {
	const feed = engine.feeds.find(({ key: name }) => name === engine.feed);
	if (!feed || feed.rungs.length < 2) return nothing;
	const choose = (event: Event) => {
		const { value } = event.target as HTMLSelectElement;
		engine.chooseHeight(value === "auto" ? null : Number(value));
	};
	return html`<select class="player-quality" aria-label=${t("Quality")} @change=${choose}>
		<option value="auto" ?selected=${engine.height === null}>${t("Auto")}</option>
		${feed.rungs.map(
			({ height }) => html`<option value=${height} ?selected=${engine.height === height}>${height}p</option>`,
		)}
	</select>`;
}

/** The cameras. Each is a button: what is on it is said, not drawn. */
export function feeds(player: Player): TemplateResult | typeof nothing {
	const { engine } = player;
	if (engine.feeds.length < 2) return nothing;
	return html`<div class="feeds" role="group" aria-label=${t("Camera")}>
		${engine.feeds.map(({ key: name }, index) => {
			const lost = !["live", undefined].includes(player.signalOf(name)?.signal);
			return html`<button
				class="feed"
				type="button"
				data-feed=${name}
				aria-pressed=${String(name === engine.feed)}
				@click=${() => player.choose(name)}
			>
				${lost ? icon("video-off") : icon("video")}<span>${inMyLanguage(player.titleOf(name))}</span>
				${key(String(index + 1))}
			</button>`;
		})}
	</div>`;
}

export const soundButton = (player: Player): TemplateResult | typeof nothing =>
	player.sound.refused && player.sound.muted && player.engine.hasPicture
		? html`<button class="player-sound" type="button" @click=${() => player.sound.toggle()}>
				${icon("volume-x")}${t("Turn sound on")}
			</button>`
		: nothing;

export const help = (close: () => void): TemplateResult => html`<div class="player-menu player-help">
	<div class="player-help-head">
		<h2>${t("Keys")}</h2>
		<button class="player-button" type="button" aria-label=${t("Close")} @click=${close}>${icon("x")}</button>
	</div>
	<dl>
		${[
			["K", t("Play or pause")],
			["←", t("Back 30 seconds")],
			["→", t("Forward 10 seconds")],
			["↑ ↓", t("Louder, quieter")],
			["L", t("To the live picture")],
			["M", t("Sound on or off")],
			["F", t("Full screen")],
			["P", t("Picture in picture")],
			["1 – 9", t("Choose a camera")],
			["A", t("Ask a question")],
			["?", t("Show these keys")],
		].map(([name, meaning]) => html`<div><dt>${key(name ?? "")}</dt><dd>${meaning}</dd></div>`)}
	</dl>
</div>`;
