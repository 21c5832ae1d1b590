// Clips: a beginning, an end, a name. They are cut when somebody takes them; nothing is coded anew.
import { live } from "lit/directives/live.js";
import { html, nothing, type TemplateResult } from "lit/html.js";
import { showToast } from "../../site/toast.ts";
import { icon } from "../icons.ts";
import { t } from "../messages.ts";
import type { Chapter } from "./chapters.ts";

export interface Clip {
	id: string;
	title: string;
	from: string;
	to: string;
	by?: string;
}

export interface RecordingFacts {
	id?: string;
	title: string;
	state: "recording" | "kept" | "destroyed" | "converting" | "none";
	master_url?: string;
	grant_url?: string;
	began?: string | null;
	duration_s?: number | null;
	film_url?: string | null;
	chapters: Chapter[];
	clips: Clip[];
	clips_url?: string | null;
	feeds: Record<string, Record<string, string>>;
	/** That pieces of it are missing, in words; nothing where it is whole. */
	holes?: string;
	/** A film that those in charge look at before it is shown. */
	preview?: boolean;
}

export interface ClipsOptions {
	facts: RecordingFacts;
	write: (moment: number) => string;
	/** The moment on the screen (ms). */
	now: () => number | null;
	goTo: (moment: number) => void;
	csrf: () => string;
	say: (text: string) => void;
	titleOf: (title: Record<string, string>) => string;
	/** Once it is drawn. */
	focus: (selector: string) => void;
	onChange: () => void;
}

export class Clips {
	/** Grows with every change that has to be drawn. */
	version = 0;
	private from: number | null = null;
	private to: number | null = null;
	private title = "";
	private feed: string;
	private busy = false;
	private gone: Clip | null = null;
	private readonly options: ClipsOptions;

	constructor(options: ClipsOptions) {
		this.options = options;
		this.feed = Object.keys(options.facts.feeds)[0] ?? "";
	}

	mark(end: "from" | "to"): void {
		const now = this.options.now();
		if (now === null || !this.options.facts.clips_url) return;
		if (end === "from") {
			this.from = now;
			if (this.to !== null && this.to <= now) this.to = null;
		} else {
			this.to = now;
			if (this.from !== null && this.from >= now) this.from = null;
		}
		const { write, say } = this.options;
		say(
			end === "from"
				? t("The clip begins at {time}", { time: write(now) })
				: t("The clip ends at {time}", { time: write(now) }),
		);
		this.changed();
	}

	draw(): TemplateResult {
		const { clips_url, film_url, clips } = this.options.facts;
		return html`${clips_url ? this.maker() : nothing}
			<section class="questions-part">
				<h2 class="questions-title">${t("Clips")}</h2>
				${
					clips.length || this.gone
						? html`<ul class="clips">${clips.map((clip) => this.card(clip))}</ul>`
						: html`<p class="soft">${t("Nobody has cut a clip yet.")}</p>`
				}
				${this.gone ? this.undo(this.gone) : nothing}
			</section>
			${film_url ? this.download(film_url) : nothing}`;
	}

	private maker(): TemplateResult {
		const { from, to } = this;
		const { write } = this.options;
		const whole = from !== null && to !== null && to > from;
		const mark = (end: "from" | "to", label: string, value: number | null, key: string) => html`<button
			class="button clip-mark"
			type="button"
			data-mark=${end}
			aria-keyshortcuts=${key}
			@click=${() => this.mark(end)}
		><span>${label}<kbd aria-hidden="true">${key}</kbd></span><time>${value === null ? "–" : write(value)}</time></button>`;
		return html`<form class="clip-maker" @submit=${(event: Event) => void this.save(event)}>
			<h2 class="questions-title">${t("Cut a clip")}</h2>
			<div class="clip-marks">${mark("from", t("Begins here"), from, "I")}${mark("to", t("Ends here"), to, "O")}</div>
			<label class="visually-hidden" for="clip-title">${t("Name of the clip")}</label>
			<input
				class="input"
				id="clip-title"
				maxlength="120"
				placeholder=${t("What it shows, for example: clipping the artery")}
				.value=${live(this.title)}
				@input=${(event: Event) => {
					this.title = (event.target as HTMLInputElement).value;
					this.changed();
				}}
			/>
			<button class="button button-primary" ?disabled=${!whole || !this.title.trim() || this.busy}>
				${icon("scissors")}${t("Keep the clip")}
			</button>
		</form>`;
	}

	private card(clip: Clip): TemplateResult {
		const { write, goTo, facts } = this.options;
		const from = Date.parse(clip.from);
		const to = Date.parse(clip.to);
		return html`<li class="clip" data-clip=${clip.id}>
			<button class="clip-play" type="button" @click=${() => goTo(from)}>
				${icon("play")}<span>${clip.title}</span>
			</button>
			<span class="soft">${write(from)} – ${write(to)}${clip.by ? ` · ${clip.by}` : ""}</span>
			<span class="clip-acts">
				${
					facts.film_url
						? html`<a class="button button-small button-plain" download href=${this.film(facts.film_url, clip)}>${icon("download")}${t("Download")}</a>`
						: nothing
				}
				${
					facts.clips_url
						? html`<button class="button button-small button-plain button-icon" type="button" aria-label=${t("Remove {title}", { title: clip.title })}
								@click=${() => void this.remove(clip)}>${icon("trash-2")}</button>`
						: nothing
				}
			</span>
		</li>`;
	}

	private undo(clip: Clip): TemplateResult {
		return html`<div class="undo-bar">
			<span>${t("Clip removed.")}</span>
			<button class="button button-small" type="button" data-act="undo" @click=${() => void this.restore(clip)}>${icon("undo-2")}${t("Undo")}</button>
		</div>`;
	}

	private download(url: string): TemplateResult {
		const feeds = Object.entries(this.options.facts.feeds);
		return html`<section class="questions-part">
			<h2 class="questions-title">${t("Download")}</h2>
			<p class="soft">${t("One MP4 file with this camera and the sound. Your browser shows the progress and can go on after a break.")}</p>
			<div class="director-row">
				${
					feeds.length > 1
						? html`<select class="input" aria-label=${t("Camera")} @change=${(event: Event) => {
								this.feed = (event.target as HTMLSelectElement).value;
								this.changed();
							}}>
								${feeds.map(([key, title]) => html`<option value=${key} ?selected=${key === this.feed}>${this.options.titleOf(title)}</option>`)}
							</select>`
						: nothing
				}
				<a class="button" download href=${this.film(url)}>${icon("download")}${t("Download the recording")}</a>
			</div>
		</section>`;
	}

	private film(url: string, clip?: Clip): string {
		const query = new URLSearchParams(clip ? { from: clip.from, to: clip.to } : {});
		if (this.feed) query.set("feed", this.feed);
		const text = query.toString();
		return text ? `${url}?${text}` : url;
	}

	private async save(event: Event): Promise<void> {
		event.preventDefault();
		const { facts } = this.options;
		if (this.from === null || this.to === null || !facts.clips_url || this.busy) return;
		this.busy = true;
		this.changed();
		const body = {
			title: this.title.trim(),
			from: new Date(this.from).toISOString(),
			to: new Date(this.to).toISOString(),
		};
		const made = await this.ask<Clip>("POST", facts.clips_url, body);
		this.busy = false;
		if (made) {
			facts.clips = [...facts.clips, made];
			this.from = null;
			this.to = null;
			this.title = "";
			showToast(t("The clip is kept."), "success");
		}
		this.changed();
	}

	private async remove(clip: Clip): Promise<void> {
		const { facts } = this.options;
		if ((await this.ask("DELETE", `${facts.clips_url}${clip.id}/`)) === null) return;
		facts.clips = facts.clips.filter(({ id }) => id !== clip.id);
		this.gone = clip;
		this.changed();
		// The button that was pressed is drawn no more.
		this.options.focus("[data-act=undo]");
		this.options.say(t("Clip removed."));
		this.forgetLater(clip);
	}

	private forgetLater(clip: Clip): void {
		setTimeout(() => {
			if (this.gone !== clip) return;
			// Not under the hand of whoever is about to press it.
			if (document.activeElement?.closest(".undo-bar")) this.forgetLater(clip);
			else {
				this.gone = null;
				this.changed();
			}
		}, 10_000);
	}

	private async restore(clip: Clip): Promise<void> {
		const { facts } = this.options;
		if ((await this.ask("POST", `${facts.clips_url}${clip.id}/restore/`)) === null) return;
		facts.clips = [...facts.clips, clip].sort((a, b) => a.from.localeCompare(b.from));
		this.gone = null;
		this.changed();
		this.options.focus(`[data-clip="${clip.id}"] .clip-play`);
	}

	/** The answer; null after a failure, which has been said. */
	private async ask<T>(method: string, url: string, body?: object): Promise<T | null> {
		try {
			const response = await fetch(url, {
				method,
				headers: {
					Accept: "application/json",
					"X-CSRFToken": this.options.csrf(),
					...(body ? { "Content-Type": "application/json" } : {}),
				},
				...(body ? { body: JSON.stringify(body) } : {}),
				signal: AbortSignal.timeout(12_000),
			});
			const said = response.status === 204 ? {} : await response.json().catch(() => ({}));
			if (response.ok) return said as T;
			showToast(`${t("This was not done.")} ${said.message ?? ""}`.trim(), "error");
		} catch {
			showToast(t("This was not done: no connection. Nothing is lost, try again."), "error");
		}
		return null;
	}

	private changed(): void {
		this.version += 1;
		this.options.onChange();
	}
}
