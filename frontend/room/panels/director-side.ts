// Before the broadcast: what is wrong, in words. During it: the disk, and what happened.
import { html, nothing, type TemplateResult } from "lit/html.js";
import { ask } from "../ask.ts";
import { bytes, clockSeconds, seconds } from "../format.ts";
import { icon } from "../icons.ts";
import { t } from "../messages.ts";
import type { Desk, DeskFeed, Showable } from "./director-desk.ts";

interface Check {
	feed: string | null;
	level: "ok" | "warning" | "failed";
	code: string;
	text: string;
}

interface LogLine {
	at: string;
	who: string;
	text: string;
}

const PREFLIGHT_MS = 4000;
const LOG_MS = 10_000;

/** Asks the server again and again, as long as somebody looks. */
export class Side {
	private checks: Check[] | null = null;
	/** Why there is no answer; nothing while there is one. */
	private uncheckedBecause = "";
	private unreadBecause = "";
	private log: LogLine[] = [];
	private askedLogAt = 0;
	private logVersion = -1;
	private readonly desk: Desk;

	constructor(desk: Desk) {
		this.desk = desk;
		setInterval(() => void this.check(), PREFLIGHT_MS);
		setInterval(() => void this.readLog(), 1500);
		void this.check();
	}

	private get before(): boolean {
		return this.desk.room.state.operation?.state === "scheduled";
	}

	private async check(): Promise<void> {
		const url = this.desk.page.preflight_url;
		if (!url || document.hidden || !this.before) return;
		const { answer, trouble } = await ask<{ checks: Check[] }>(url);
		// What was found a while ago says nothing about now.
		this.checks = answer ? answer.checks : null;
		this.uncheckedBecause = trouble;
		this.desk.room.changed();
	}

	/** At once when something happened in the room, else now and then. */
	private async readLog(): Promise<void> {
		const url = this.desk.page.log_url;
		const { version } = this.desk.room.store;
		const due = version !== this.logVersion || Date.now() - this.askedLogAt > LOG_MS;
		if (!url || document.hidden || !due || !this.desk.room.isKnown) return;
		this.askedLogAt = Date.now();
		this.logVersion = version;
		const { answer, trouble } = await ask<{
			log: LogLine[];
			recordings: Showable[];
			feeds: DeskFeed[];
		}>(url);
		if (answer) {
			this.log = answer.log;
			// A film that became ready, a feed that was added or has a new passphrase: nobody need load the page anew.
			this.desk.page.recordings = answer.recordings;
			this.desk.page.feeds = answer.feeds;
		}
		this.unreadBecause = trouble;
		this.desk.room.changed();
	}

	preflight(): TemplateResult | typeof nothing {
		if (!this.before) return nothing;
		const wrong = (this.checks ?? []).filter(({ level }) => level !== "ok");
		const good = (this.checks ?? []).filter(({ level }) => level === "ok");
		return html`<section class="director-part" aria-labelledby="preflight-title">
			<h2 id="preflight-title">${t("Before going on air")}</h2>
			${
				this.checks === null
					? this.unchecked()
					: wrong.length === 0
						? html`<p class="director-good"><span class="status status-ok">${t("Picture and sound are good")}</span></p>`
						: nothing
			}
			<ul class="director-checks">
				${[...wrong, ...good].map(
					({ level, text }) => html`<li data-level=${level}>
						<span class="status status-${level}">${level === "ok" ? t("Good") : level === "failed" ? t("Wrong") : t("Look here")}</span>
						<span>${text}</span>
					</li>`,
				)}
			</ul>
		</section>`;
	}

	private unchecked(): TemplateResult {
		if (!this.uncheckedBecause) return html`<p class="soft">${t("Looking at picture and sound …")}</p>`;
		return html`<p class="director-unchecked"><span class="status status-failed">${t("Picture and sound are not being checked")}</span></p>
			<p>${this.uncheckedBecause}</p>`;
	}

	/** What a screen reader is told of the disk: no figures, they change all the time. */
	get diskTitle(): string {
		const state = this.desk.line.status?.disk?.state ?? "good";
		if (state === "good") return "";
		return state === "full"
			? t("The disk is full: nothing is recorded any more")
			: t("The disk is nearly full");
	}

	disk(): TemplateResult | typeof nothing {
		const disk = this.desk.line.status?.disk;
		if (!disk || disk.state === "good") return nothing;
		const full = disk.state === "full";
		return html`<div class="notice ${full ? "notice-error" : "notice-warning"}">
			${icon("triangle-alert")}
			<p class="notice-title">${this.diskTitle}</p>
			<p>
				${t("{free} are free.", { free: bytes(disk.free_bytes) })}
				${disk.hours_left !== null ? t("At this rate enough for {hours} h.", { hours: seconds(disk.hours_left) }) : nothing}
				${t("The live picture goes on.")}
			</p>
		</div>`;
	}

	history(): TemplateResult {
		return html`<section class="director-part director-log" aria-labelledby="log-title">
			<h2 id="log-title">${t("What happened")}</h2>
			${this.unreadBecause ? html`<p class="director-wrong">${this.unreadBecause}</p>` : nothing}
			${
				this.log.length === 0
					? html`<p class="soft">${t("Everything that is done to the broadcast is written here, with its time and by whom.")}</p>`
					: html`<ol tabindex="0" aria-labelledby="log-title">
							${this.log.toReversed().map(
								({ at, who, text }) => html`<li>
									<time datetime=${at}>${clockSeconds(Date.parse(at))}</time>
									<span>${text}${who ? html` <span class="soft">${who}</span>` : nothing}</span>
								</li>`,
							)}
						</ol>`
			}
		</section>`;
	}
}
