// The buttons under the picture.
import { html, nothing, type TemplateResult } from "lit/html.js";
import type { IconName } from "../icons/names.ts";
import { icon } from "../room/icons.ts";
import { languageName, t } from "../room/messages.ts";
import type { Player } from "./player.ts";

export const key = (letter: string) => html`<kbd aria-hidden="true">${letter}</kbd>`;

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
	timeBar: TemplateResult | typeof nothing;
	menu: { open: boolean; toggle: () => void };
	drawer?: { open: boolean; toggle: () => void; count: number };
}

export function bar(player: Player, video: HTMLVideoElement, extras: BarExtras): TemplateResult {
	const { engine, sound, screen, angles } = player;
	const off = !engine.hasPicture;
	const muted = sound.muted;
	const cameras = player.listening ? 0 : engine.feeds.length;
	return html`<div class="player-controls" role="group" aria-label=${t("Picture controls")}>
		${extras.timeBar}
		<div class="player-buttons">
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
			${
				engine.live
					? html`<button
							class="player-button player-live"
							type="button"
							?data-behind=${player.back || video.paused}
							data-name="live"
							title="${t("To the live picture")} (L)"
							aria-label=${t("Live")}
							aria-keyshortcuts="L"
							aria-pressed=${String(!off && !player.back && !video.paused)}
							?disabled=${off}
							@click=${() => player.goLive()}
						><span class="player-dot"></span><span class="player-word">${t("Live")}</span></button>`
					: nothing
			}
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
			${
				cameras > 1
					? button({
							name: "angles",
							icon: "layout-grid",
							label: t("Several cameras at once"),
							key: "G",
							act: () => player.layOut(),
							disabled: off,
							pressed: angles.layout > 1,
						})
					: nothing
			}
			<button
				class="player-button"
				type="button"
				data-name="menu"
				aria-label=${t("Settings of the picture")}
				aria-expanded=${String(extras.menu.open)}
				@click=${extras.menu.toggle}
			>${icon("sliders-horizontal")}</button>
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
							class="player-button"
							type="button"
							data-name="drawer"
							aria-expanded=${String(extras.drawer.open)}
							aria-controls="side"
							aria-label=${t("Questions")}
							@click=${extras.drawer.toggle}
						>${icon("message-circle-question-mark")}${extras.drawer.count ? html`<span>${extras.drawer.count}</span>` : nothing}</button>`
					: nothing
			}
		</div>
	</div>`;
}

/** What is chosen once and then left alone. */
export function menu(player: Player, close: () => void, help: () => void): TemplateResult {
	const { screen } = player;
	const item = (
		name: string,
		symbol: IconName,
		label: string,
		act: () => void,
		pressed?: boolean,
	) => html`<button
		class="menu-item"
		type="button"
		data-name=${name}
		aria-pressed=${pressed === undefined ? nothing : String(pressed)}
		@click=${() => {
			close();
			act();
		}}
	>${icon(symbol)}<span>${label}</span></button>`;
	return html`<div class="player-menu" role="group" aria-label=${t("Settings of the picture")}>
		${quality(player)}${voices(player)}
		${
			player.channel?.listen_url
				? item(
						"listen",
						"volume-1",
						player.listening ? t("Show the picture") : t("Listen only, saves data"),
						() => player.listen(!player.listening),
						player.listening,
					)
				: nothing
		}
		${
			screen.hasPip && !player.listening
				? item("pip", "picture-in-picture-2", t("Picture in picture"), () => screen.togglePip(), screen.isPip)
				: nothing
		}
		${item("help", "keyboard", t("Keys"), help)}
	</div>`;
}

/** Only where there is something to choose: a single quality needs no menu. */
function quality({ engine }: Player): TemplateResult | typeof nothing {
	const feed = engine.choice;
	if (!feed || feed.rungs.length < 2) return nothing;
	const choose = (event: Event) => {
		const { value } = event.target as HTMLSelectElement;
		engine.chooseHeight(value === "auto" ? null : Number(value));
	};
	return html`<label class="menu-item">${icon("gauge")}<span>${t("Quality")}</span><select class="player-quality" @change=${choose}>
		<option value="auto" ?selected=${engine.height === null}>${t("Auto")}</option>
		${feed.rungs.map(
			({ height }) => html`<option value=${height} ?selected=${engine.height === height}>${height}p</option>`,
		)}
	</select></label>`;
}

/** An interpreter's sound instead of the theatre's. */
function voices(player: Player): TemplateResult | typeof nothing {
	const { voices: all, voice } = player.engine;
	if (all.length < 2) return nothing;
	const choose = (event: Event) => player.hear((event.target as HTMLSelectElement).value || null);
	return html`<label class="menu-item">${icon("languages")}<span>${t("Sound")}</span><select class="player-quality" data-name="voice" @change=${choose}>
		${all.map(
			(language) => html`<option value=${language ?? ""} ?selected=${language === voice}>
				${language === null ? t("From the theatre") : languageName(language)}
			</option>`,
		)}
	</select></label>`;
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
			["Home", t("To the beginning of what is kept")],
			["End, L", t("To the live picture")],
			["M", t("Sound on or off")],
			["F", t("Full screen")],
			["P", t("Picture in picture")],
			["1 – 9", t("Choose a camera")],
			["0", t("The director's choice")],
			["G", t("Several cameras at once")],
			["A", t("Ask a question")],
			["?", t("Show these keys")],
		].map(([name, meaning]) => html`<div><dt>${key(name ?? "")}</dt><dd>${meaning}</dd></div>`)}
	</dl>
</div>`;
