// What is drawn over and under the picture. The <video> itself is never drawn anew.
import { html, nothing, type TemplateResult } from "lit/html.js";
import type { IconName } from "../icons/names.ts";
import { clockTime, seconds } from "../room/format.ts";
import { icon } from "../room/icons.ts";
import { t } from "../room/messages.ts";
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
		case "building":
			return {
				icon: "timer",
				title: t("The safety delay is being built up"),
				text: t("The picture goes on in {seconds} s, where it stopped. Nothing is missed.", {
					seconds: Math.ceil(player.picturesIn ?? 0),
				}),
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
	if (!covered && player.listening) return listeningCover(player);
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
		${
			kind === "ended" && player.channel?.recording_url
				? html`<a class="button button-primary" href=${player.channel.recording_url}>
						${icon("play")}${t("Watch the recording")}
					</a>`
				: nothing
		}
	</div>`;
}

/** Sound alone: calm, and still showing that something is heard. */
const listeningCover = (player: Player): TemplateResult => html`<div class="player-state player-listening">
	<canvas class="player-level" width="240" height="48" aria-hidden="true"></canvas>
	<h2>${t("You are listening")}</h2>
	<p>${t("Only the sound is loaded, about 20 MB an hour. It comes some four seconds later than the picture.")}</p>
	<button class="button" type="button" @click=${() => player.listen(false)}>
		${icon("video")}${t("Show the picture")}
	</button>
</div>`;

function delayText(player: Player): string {
	if (player.delay === null) return "";
	const safety = player.channel?.delay_s ?? 0;
	if (player.delay > 120) return t("as of {time}", { time: clockTime(player.shownAt()) });
	const behind = { seconds: seconds(player.delay) };
	return safety > 0
		? t("{seconds} s behind (safety delay {safety} s)", { ...behind, safety })
		: t("{seconds} s behind", behind);
}

function state(player: Player): TemplateResult {
	const tell = (style: string, word: string) => html`<span class="status status-${style}">${word}</span>`;
	if (player.recorded && ["live", "back", "paused"].includes(player.status))
		return tell("ended", t("Recording"));
	// Whatever the cameras do meanwhile, nobody sees it.
	const break_ = player.channel?.state === "live" && player.channel.slate;
	if (break_ && ["live", "signal_lost", "no_signal", "unreadable"].includes(player.status))
		return tell("quiet", t("Short break"));
	switch (player.status) {
		case "live":
			if (player.channel?.showing.over) return tell("scheduled", t("The recording is over"));
			// The red dot is for what happens now; how the recording is shown is said beside it.
			if (player.channel?.showing.kind === "recording") return tell("ended", t("Recording"));
			return tell("live", t("Live"));
		case "back":
			return tell("scheduled", t("Earlier"));
		case "paused":
			return tell("quiet", t("Paused"));
		case "building":
			return tell("quiet", t("The safety delay is being built up"));
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
	const shows = player.engine.hasPicture && !player.recorded;
	const recorded = player.channel?.state === "live" && player.channel.showing?.kind === "recording";
	return html`<div class="stage-facts">
		<span role="status">${state(player)}</span>
		${shows ? html`<span class="player-delay" data-delay=${player.delay?.toFixed(2) ?? nothing}>${delayText(player)}</span>` : nothing}
		${recorded ? html`<span class="tag tag-recorded">${icon("clapperboard")}${t("Recorded operation, shown as live")}</span>` : nothing}
		${shows && feed?.simulated && !recorded ? html`<span class="tag">${t("Simulated picture")}</span>` : nothing}
	</div>`;
}
