// How the broadcast runs: the safety delay, a recording in place of the theatre, who watches.
import { live } from "lit/directives/live.js";
import { html, nothing, type TemplateResult } from "lit/html.js";
import { runningTime, seconds } from "../format.ts";
import { icon } from "../icons.ts";
import { inMyLanguage, plural, t } from "../messages.ts";
import type { Desk } from "./director-desk.ts";

const MOST_DELAY = 60;

/** A new delay is set in two steps: what is wanted, and what viewers will see of it. */
export class DelayControl {
	private wanted: number | null = null;
	private readonly desk: Desk;

	constructor(desk: Desk) {
		this.desk = desk;
	}

	draw(): TemplateResult | typeof nothing {
		const { room, channel } = this.desk;
		if (!room.may("channel.delay") || channel?.state === "ended") return nothing;
		const now = channel?.delay_s ?? 0;
		const wanted = this.wanted ?? now;
		const busy = room.outbox.isPending("delay");
		const input = (type: "range" | "number") => html`<input
			id=${type === "number" ? "delay" : "delay-range"}
			class=${type === "number" ? "input director-number" : "director-range"}
			type=${type}
			min="0"
			max=${MOST_DELAY}
			step="1"
			.value=${live(String(wanted))}
			aria-label=${t("Safety delay in seconds")}
			@input=${(event: Event) => this.want(Number((event.target as HTMLInputElement).value))}
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
			${
				wanted === now
					? nothing
					: html`<div class="director-confirm" role="group" aria-label=${t("What viewers will see")}>
							<p>${this.meaning(now, wanted)}</p>
							<div class="director-row">
								<button class="button button-primary button-small" type="button" data-act="channel.delay" ?disabled=${busy} @click=${() => this.set()}>
									${icon("check")}${t("Set to {seconds} s", { seconds: wanted })}
								</button>
								<button class="button button-small" type="button" @click=${() => this.want(null)}>${t("Leave it")}</button>
							</div>
						</div>`
			}
		</section>`;
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

	private want(value: number | null): void {
		this.wanted =
			value === null || !Number.isFinite(value) ? null : Math.min(MOST_DELAY, Math.max(0, Math.round(value)));
		this.desk.room.changed();
	}

	private set(): void {
		if (this.wanted !== null) this.desk.setDelay(this.wanted);
		this.wanted = null;
		this.desk.room.changed();
	}
}

/** Live or recorded: one press, while people watch. */
export class Showing {
	private chosen: string | null = null;
	private readonly desk: Desk;

	constructor(desk: Desk) {
		this.desk = desk;
	}

	draw(): TemplateResult | typeof nothing {
		const { room, channel, page, status } = this.desk;
		if (!room.may("channel.show_recording") || channel?.state === "ended") return nothing;
		const busy = room.outbox.isPending("showing");
		if (channel?.showing.kind === "recording") {
			const left = status?.left_s;
			return html`<section class="director-part director-recorded" aria-labelledby="showing-title">
				<h2 id="showing-title">${icon("clapperboard")}${t("A recording is shown")}</h2>
				<p><strong>${inMyLanguage(channel.showing.title)}</strong></p>
				<p class="soft">${
					channel.showing.over
						? t("It is over; viewers see the slate.")
						: left !== null && left !== undefined
							? t("{time} left. Viewers see that it is recorded.", { time: runningTime(left * 1000) })
							: t("Viewers see that it is recorded.")
				}</p>
				<button class="button button-primary" type="button" data-act="channel.show_live" ?disabled=${busy} @click=${() => this.desk.showLive()}>
					${icon("radio")}${t("Back to the theatre")}
				</button>
			</section>`;
		}
		if (page.recordings.length === 0) return nothing;
		const chosen =
			this.chosen ?? (page.recordings.find(({ chosen: meant }) => meant) ?? page.recordings[0])?.id ?? "";
		return html`<section class="director-part" aria-labelledby="showing-title">
			<h2 id="showing-title">${t("Show a recording instead")}</h2>
			<p class="soft">${t("It runs as if live, plainly labelled. Nobody has to load the page again.")}</p>
			<div class="director-row">
				<select class="input" aria-label=${t("Recording")} @change=${(event: Event) => this.choose((event.target as HTMLSelectElement).value)}>
					${page.recordings.map(
						({ id, title, duration_s }) => html`<option value=${id} ?selected=${id === chosen}>
							${title}${duration_s ? ` (${runningTime(duration_s * 1000)})` : ""}
						</option>`,
					)}
				</select>
				<button class="button" type="button" data-act="channel.show_recording" ?disabled=${busy} @click=${() => this.desk.showRecording(chosen)}>
					${icon("clapperboard")}${t("Show it")}
				</button>
			</div>
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
