// How the broadcast runs: the safety delay, a recording in place of the theatre, who watches.
import { live } from "lit/directives/live.js";
import { html, nothing, type TemplateResult } from "lit/html.js";
import { runningTime, seconds } from "../format.ts";
import { icon } from "../icons.ts";
import { inMyLanguage, plural, t } from "../messages.ts";
import type { Desk } from "./director-desk.ts";

const MOST_DELAY = 60;

/** The slate for a short break, without a stop: a question of taste, and taken back with the same button. */
export function slate(desk: Desk): TemplateResult | typeof nothing {
	const { room, channel } = desk;
	if (!room.may("channel.slate") || channel?.state !== "live") return nothing;
	const on = channel.slate;
	return html`<div class="director-slate">
		<button
			class="button"
			type="button"
			data-act="channel.slate"
			aria-pressed=${String(on)}
			aria-busy=${String(room.outbox.isPending("slate"))}
			@click=${() => desk.setSlate(!on)}
		>${icon(on ? "video" : "coffee")}${on ? t("Back to the picture") : t("Show the slate")}</button>
		${on ? html`<p class="soft">${slateMeaning(channel.delay_s)}</p>` : nothing}
	</div>`;
}

const slateMeaning = (delay: number): string =>
	delay > 0
		? t("Viewers see the slate as soon as the last {seconds} s have come out.", { seconds: delay })
		: t("Viewers see the slate and hear nothing.");

/** A new delay is set in two steps: what is wanted, and what viewers will see of it. */
export class DelayControl {
	private wanted: number | null = null;
	/** What stands in the box while somebody types; it may be empty on its way to a number. */
	private typed: string | null = null;
	/** Until the room tells of it: then at this version of the room. */
	private setting: { version: number } | null = null;
	private readonly desk: Desk;

	constructor(desk: Desk) {
		this.desk = desk;
	}

	draw(): TemplateResult | typeof nothing {
		const { room, channel } = this.desk;
		if (!room.may("channel.delay") || channel?.state === "ended") return nothing;
		this.settle();
		const now = channel?.delay_s ?? 0;
		const wanted = this.wanted ?? now;
		const input = (type: "range" | "number") => html`<input
			id=${type === "number" ? "delay" : "delay-range"}
			class=${type === "number" ? "input director-number" : "director-range"}
			type=${type}
			min="0"
			max=${MOST_DELAY}
			step="1"
			.value=${live(type === "number" ? (this.typed ?? String(wanted)) : String(wanted))}
			aria-label=${t("Safety delay in seconds")}
			@input=${(event: Event) => this.type((event.target as HTMLInputElement).value, type === "number")}
			@change=${() => this.type(null, false)}
		/>`;
		return html`<section class="director-part" aria-labelledby="delay-title">
			<h2 id="delay-title">${t("Safety delay")}</h2>
			<p class="soft">${
				now > 0
					? t("Everybody sees the theatre {seconds} s later; a stop cuts what they have not seen.", {
							seconds: now,
						})
					: t("No delay: a stop cuts only what comes after it.")
			}</p>
			<div class="director-row">${input("range")}${input("number")}<span>${t("s")}</span></div>
			${wanted === now && !this.setting ? nothing : this.confirmation(now, wanted)}
		</section>`;
	}

	private confirmation(now: number, wanted: number): TemplateResult {
		const busy = this.setting !== null;
		// Not `disabled`: that takes the focus away from whoever has just pressed it.
		return html`<div class="director-confirm" role="group" aria-label=${t("What viewers will see")}>
			<p>${this.meaning(now, wanted)}</p>
			<div class="director-row">
				<button class="button button-primary button-small" type="button" data-act="channel.delay" aria-disabled=${String(busy)} @click=${() => void this.set()}>
					${icon("check")}${busy ? t("Being set …") : t("Set to {seconds} s", { seconds: wanted })}
				</button>
				${busy ? nothing : html`<button class="button button-small" type="button" @click=${() => this.leave()}>${t("Leave it")}</button>`}
			</div>
		</div>`;
	}

	private meaning(now: number, wanted: number): string {
		const by = Math.abs(wanted - now);
		if (this.desk.channel?.state !== "live") return t("It holds from the first picture on.");
		return wanted > now
			? t(
					"Viewers see a slate for {seconds} s, then the picture goes on where it stopped. Nothing is missed.",
					{
						seconds: by,
					},
				)
			: t("Viewers jump {seconds} s forward. What lies between is never shown to anybody.", { seconds: by });
	}

	/** An emptied box is nobody's wish to have no delay. */
	private type(text: string | null, keep: boolean): void {
		if (this.setting) return;
		this.typed = keep ? text : null;
		const value = Number(text || Number.NaN);
		if (Number.isFinite(value)) this.wanted = Math.min(MOST_DELAY, Math.max(0, Math.round(value)));
		this.desk.room.changed();
	}

	private leave(): void {
		this.wanted = null;
		this.typed = null;
		this.desk.room.changed();
		focusSoon("delay");
	}

	private async set(): Promise<void> {
		if (this.wanted === null || this.setting) return;
		this.setting = { version: Number.POSITIVE_INFINITY };
		this.typed = null;
		this.desk.room.changed();
		const outcome = await this.desk.setDelay(this.wanted);
		// What was refused stays in the box, to be tried again.
		this.setting = outcome.kind === "done" ? { version: outcome.version } : null;
		this.desk.room.changed();
	}

	/** The answer may come before the room's own word, and the old delay must not flash up in between. */
	private settle(): void {
		if (!this.setting || this.desk.room.store.version < this.setting.version) return;
		this.setting = null;
		this.wanted = null;
		if (document.activeElement?.closest(".director-confirm")) focusSoon("delay");
	}
}

/** What had the focus is drawn no more: it goes on from here. */
const focusSoon = (id: string): void => {
	requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(id)?.focus()));
};

/** Live or recorded: one press, while people watch. */
export class Showing {
	private chosen: string | null = null;
	private readonly desk: Desk;

	constructor(desk: Desk) {
		this.desk = desk;
	}

	draw(): TemplateResult | typeof nothing {
		const { room, channel, page } = this.desk;
		if (!room.may("channel.show_recording") || channel?.state === "ended") return nothing;
		const busy = room.outbox.isPending("showing");
		if (channel?.showing.kind === "recording") {
			return html`<section class="director-part director-recorded" aria-labelledby="showing-title">
				<h2 id="showing-title">${icon("clapperboard")}${t("A recording is shown")}</h2>
				<p><strong>${inMyLanguage(channel.showing.title)}</strong></p>
				<p class="soft">${this.standing(channel.showing.over)}</p>
				<button class="button button-primary" type="button" data-act="channel.show_live" ?disabled=${busy} @click=${() => this.desk.showLive()}>
					${icon("radio")}${t("Back to the theatre")}
				</button>
			</section>`;
		}
		if (page.recordings.length === 0) return this.none();
		// The list is kept fresh: what was chosen may be gone.
		const chosen =
			page.recordings.find(({ id }) => id === this.chosen) ??
			page.recordings.find(({ chosen: meant }) => meant) ??
			page.recordings[0];
		return html`<section class="director-part" aria-labelledby="showing-title">
			<h2 id="showing-title">${t("Show a recording instead")}</h2>
			<p class="soft">${t("It runs as if live, plainly labelled. Nobody has to load the page again.")}</p>
			<div class="director-row">
				<select class="input" aria-label=${t("Recording")} @change=${(event: Event) => this.choose((event.target as HTMLSelectElement).value)}>
					${page.recordings.map(
						({ id, title, duration_s }) => html`<option value=${id} ?selected=${id === chosen?.id}>
							${title}${duration_s ? ` (${runningTime(duration_s * 1000)})` : ""}
						</option>`,
					)}
				</select>
				<button class="button" type="button" data-act="channel.show_recording" ?disabled=${busy} @click=${() => chosen && this.desk.showRecording(chosen.id)}>
					${icon("clapperboard")}${t("Show it")}
				</button>
			</div>
		</section>`;
	}

	private standing(over: boolean): string {
		const { status } = this.desk;
		if (over) return t("It is over; viewers see the slate.");
		if (status && status.showing === null)
			return t("The recording is being made ready; viewers see the slate.");
		if (typeof status?.left_s !== "number") return t("Viewers see that it is recorded.");
		return t("{time} left. Viewers see that it is recorded.", { time: runningTime(status.left_s * 1000) });
	}

	private none(): TemplateResult {
		return html`<section class="director-part" aria-labelledby="showing-title">
			<h2 id="showing-title">${t("Show a recording instead")}</h2>
			<p class="soft">${t("No film is ready to be shown. One that is brought stands here as soon as it is converted.")}</p>
			<a class="button" href=${this.desk.page.recordings_url ?? nothing}>${icon("clapperboard")}${t("Recordings")}</a>
		</section>`;
	}

	private choose(id: string): void {
		this.chosen = id;
		this.desk.room.changed();
	}
}

export function viewers(desk: Desk): TemplateResult {
	const { status } = desk;
	const latency = status?.latency;
	const safety = desk.channel?.delay_s ?? 0;
	const fact = (name: string, value: string, wrong = false) =>
		html`<div ?data-wrong=${wrong}><dt>${name}</dt><dd>${value}</dd></div>`;
	return html`<section class="director-part" aria-labelledby="viewers-title">
		<h2 id="viewers-title">${t("Viewers")}</h2>
		<dl class="director-facts">
			${fact(t("Watching"), plural(status?.viewers ?? 0, "{count} viewer", "{count} viewers"))}
			${
				latency
					? html`${fact(t("Behind the theatre"), t("{seconds} s, half of them less", { seconds: seconds(latency.median_s) }))}
							${fact(t("The slowest twentieth"), t("{seconds} s and more", { seconds: seconds(latency.p95_s) }), latency.p95_s > safety + 8)}
							${fact(t("Picture stood still"), plural(latency.stalled, "for {count} viewer", "for {count} viewers"), latency.stalled > 0)}`
					: nothing
			}
		</dl>
	</section>`;
}
