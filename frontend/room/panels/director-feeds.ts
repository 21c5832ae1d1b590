// The feeds of a theatre on the director's desk: what each shows, how loud it is, and whether anything is wrong.
import { html, nothing, type TemplateResult } from "lit/html.js";
import type { DoorStatus } from "../desk-line.ts";
import { seconds } from "../format.ts";
import { type Health, healthOf, LOWEST_DB, onMeter } from "../health.ts";
import { icon } from "../icons.ts";
import { inMyLanguage, languageName, plural, t } from "../messages.ts";
import type { Desk, DeskFeed } from "./director-desk.ts";

export function feedCards(desk: Desk): TemplateResult {
	return html`<section class="director-feeds" aria-label=${t("Feeds")}>
		${desk.feeds.map((feed, index) => card(desk, feed, index))}
	</section>`;
}

export const healthIn = (desk: Desk, feed: DeskFeed): Health =>
	healthOf(
		desk.doorOf(feed),
		{
			closed: desk.isClosed(feed),
			sounds: feed.sound || Boolean(feed.language),
			picture: !feed.language,
			programme: feed.key === desk.programme,
			words: desk.page.troubles,
		},
		desk.room.clock.now(),
	);

const STYLES = { ok: "ok", warning: "warning", failed: "failed", off: "ended" } as const;

function card(desk: Desk, feed: DeskFeed, index: number): TemplateResult {
	const door = desk.doorOf(feed);
	const health = healthIn(desk, feed);
	const shown = feed.key === desk.programme;
	const closed = desk.isClosed(feed);
	const name = inMyLanguage(feed.title);
	return html`<article class="feed-card" data-feed=${feed.key} data-health=${health.level} ?data-programme=${shown}>
		<div class="feed-picture">
			${feed.language ? html`<div class="feed-nothing">${icon("languages")}<span>${t("Interpreter's sound")}: ${languageName(feed.language)}</span></div>` : thumbnail(desk, feed, door, name)}
			${shown ? html`<span class="feed-programme-mark">${icon("clapperboard")}${t("Viewers see this")}</span>` : nothing}
			${meter(feed, door, name)}
		</div>
		<header class="feed-head">
			<h2>${name}</h2>
			${feed.sound ? html`<span class="tag">${icon("volume-2")}${t("The sound everybody hears")}</span>` : nothing}
			<span class="status status-${STYLES[health.level]}">${WORDS[health.level]()}</span>
		</header>
		<ul class="feed-troubles">${health.troubles.map((text) => html`<li>${text}</li>`)}</ul>
		<p class="feed-facts">${facts(desk, feed, door)}</p>
		<div class="feed-acts">
			${
				desk.room.may("channel.programme") && !feed.language
					? html`<button
							class="button button-small ${shown ? "" : "button-primary"}"
							type="button"
							data-act="channel.programme"
							aria-pressed=${String(shown)}
							aria-keyshortcuts=${String(index + 1)}
							?disabled=${shown || desk.room.outbox.isPending("programme")}
							@click=${() => desk.show(feed)}
						>${icon("clapperboard")}${shown ? t("On programme") : t("Show to viewers")}<kbd aria-hidden="true">${index + 1}</kbd></button>`
					: nothing
			}
			${
				desk.room.may(closed ? "feed.open" : "feed.close")
					? html`<button
							class="button button-small button-plain"
							type="button"
							data-act=${closed ? "feed.open" : "feed.close"}
							@click=${() => desk.toggle(feed)}
						>${closed ? t("Let the encoder in") : t("Close this feed")}</button>`
					: nothing
			}
			${feed.srt || feed.port ? connect(desk, feed) : nothing}
		</div>
	</article>`;
}

const WORDS: Record<Health["level"], () => string> = {
	ok: () => t("Good"),
	warning: () => t("Look here"),
	failed: () => t("Wrong"),
	off: () => t("Closed"),
};

function thumbnail(desk: Desk, feed: DeskFeed, door: DoorStatus | undefined, name: string): TemplateResult {
	const there = door?.thumbnail && ["live", "starting"].includes(door.signal) && !desk.line.lost;
	return there
		? html`<img
				src="${desk.thumbnails}${feed.key}.jpg?v=${door.thumbnail}"
				alt=${t("What {feed} shows now", { feed: name })}
				width="320"
				height="180"
			/>`
		: html`<div class="feed-nothing">${icon("video-off")}<span>${door ? t("No picture") : t("Waiting for the media server")}</span></div>`;
}

/** Levels move five times a second: the desk turns them without drawing anything anew. */
function meter(feed: DeskFeed, door: DoorStatus | undefined, name: string): TemplateResult | typeof nothing {
	if (!door?.audio && !feed.sound) return nothing;
	return html`<div
		class="meter"
		role="meter"
		data-meter=${feed.key}
		aria-label=${t("Sound of {feed}", { feed: name })}
		aria-valuemin=${LOWEST_DB}
		aria-valuemax="0"
		aria-valuenow=${LOWEST_DB}
	><span class="meter-level"></span><span class="meter-peak"></span></div>`;
}

/** Turns the meters to what was measured last. */
export function turnMeters(desk: Desk, root: ParentNode): void {
	for (const element of root.querySelectorAll<HTMLElement>("[data-meter]")) {
		const feed = desk.feeds.find(({ key }) => key === element.dataset["meter"]);
		const audio = feed && !desk.line.lost ? desk.doorOf(feed)?.audio : null;
		const rms = audio?.rms_db ?? null;
		element.style.setProperty("--level", String(onMeter(rms)));
		element.style.setProperty("--peak", String(onMeter(audio?.peak_db)));
		element.toggleAttribute("data-silent", Boolean(audio?.silent_since) || rms === null);
		element.toggleAttribute("data-loud", (audio?.peak_db ?? LOWEST_DB) > -1);
		element.setAttribute("aria-valuenow", String(Math.round(Math.max(LOWEST_DB, rms ?? LOWEST_DB))));
		element.setAttribute(
			"aria-valuetext",
			rms === null ? t("no sound") : t("{level} decibels", { level: Math.round(rms) }),
		);
	}
}

function facts(desk: Desk, feed: DeskFeed, door: DoorStatus | undefined): string {
	if (door?.signal !== "live") return "";
	const watching = desk.status?.watching[feed.key] ?? 0;
	return [
		door.video ? `${door.video.width}×${door.video.height}` : "",
		door.video?.fps ? t("{fps} fps", { fps: seconds(door.video.fps) }) : "",
		door.bitrate ? t("{rate} Mbit/s", { rate: seconds(door.bitrate / 1e6) }) : "",
		door.source === "stand_in" ? t("simulated") : "",
		watching ? plural(watching, "{count} watches it", "{count} watch it") : "",
	]
		.filter(Boolean)
		.join(" · ");
}

function connect(desk: Desk, feed: DeskFeed): TemplateResult {
	const shown = desk.revealed === feed.key;
	const line = (name: string, value: string, said: string) => html`<div class="connect-line">
		<dt>${name}</dt>
		<dd><code>${said}</code></dd>
		<button class="button button-small button-plain button-icon" type="button" aria-label=${t("Copy {name}", { name })}
			@click=${() => desk.copy(value)}>${icon("copy")}</button>
	</div>`;
	return html`<details class="connect">
		<summary class="button button-small button-plain">${icon("link")}${t("Connect an encoder")}</summary>
		<dl class="connect-lines">
			${feed.srt ? line(t("SRT address"), feed.srt, shown ? feed.srt : hidden(feed.srt)) : nothing}
			${feed.port ? line(t("Port"), String(feed.port), String(feed.port)) : nothing}
			${feed.passphrase ? line(t("Passphrase"), feed.passphrase, shown ? feed.passphrase : "••••••••••••") : nothing}
		</dl>
		<button class="button button-small button-plain" type="button" aria-pressed=${String(shown)} @click=${() => desk.reveal(feed)}>
			${icon(shown ? "eye-off" : "eye")}${shown ? t("Hide the passphrase") : t("Show the passphrase")}
		</button>
	</details>`;
}

const hidden = (address: string): string => address.replace(/(passphrase=)[^&]+/, "$1••••••••");
