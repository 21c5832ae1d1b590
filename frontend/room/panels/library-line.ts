// One line of the recordings of a congress: what it is, how far it is, what can be done with it.
import { html, nothing, type TemplateResult } from "lit/html.js";
import { bytes, day, percent, runningTime } from "../format.ts";
import { icon } from "../icons.ts";
import { inMyLanguage, t } from "../messages.ts";

export interface RecordingLine {
	id: string;
	title: string;
	state:
		| "uploading"
		| "waiting"
		| "checking"
		| "converting"
		| "ready"
		| "failed"
		| "recording"
		| "kept"
		| "destroyed";
	progress: number;
	duration_s: number | null;
	bytes: number;
	detail: string;
	sha256: string;
	page_url: string | null;
	source: "upload" | "operation";
	created: string;
	by?: string;
	upload_url?: string | null;
	delete_url?: string | null;
	destroy_url?: string | null;
	retry_url?: string | null;
}

export interface LineActs {
	/** A button that chooses a file. */
	picker: (line: RecordingLine) => TemplateResult;
	convert: (line: RecordingLine) => void;
	throwAway: (line: RecordingLine) => void;
}

const STATES: Record<RecordingLine["state"], () => [string, string]> = {
	uploading: () => ["quiet", t("Not whole yet")],
	waiting: () => ["scheduled", t("Waits to be converted")],
	checking: () => ["scheduled", t("Being checked")],
	converting: () => ["scheduled", t("Being converted")],
	ready: () => ["ok", t("Ready")],
	failed: () => ["failed", t("Failed")],
	recording: () => ["on-air", t("Being recorded")],
	kept: () => ["ok", t("Ready")],
	destroyed: () => ["ended", t("Destroyed")],
};

export function libraryLine(line: RecordingLine, acts: LineActs): TemplateResult {
	const [style, word] = STATES[line.state]();
	const facts = [
		line.source === "upload" ? t("Uploaded") : t("Recorded here"),
		day(line.created),
		line.duration_s ? runningTime(line.duration_s * 1000) : "",
		line.bytes ? bytes(line.bytes) : "",
		line.by ?? "",
	].filter(Boolean);
	const working = ["waiting", "checking", "converting"].includes(line.state);
	const unfinished = line.state === "uploading" && line.upload_url;
	return html`<li class="upload card" data-recording=${line.id} data-state=${line.state}>
		<div class="upload-head">
			<strong>${line.page_url ? html`<a href=${line.page_url}>${inMyLanguage(line.title)}</a>` : inMyLanguage(line.title)}</strong>
			<span class="status status-${style}">${word}</span>
		</div>
		<p class="soft">${facts.join(" · ")}</p>
		${working || unfinished ? html`<progress class="progress" max="1" .value=${line.progress} aria-label=${word}></progress>` : nothing}
		${line.detail ? html`<p class=${line.state === "failed" ? "upload-trouble" : "soft"}>${line.detail}</p>` : nothing}
		${unfinished ? html`<p class="soft">${t("{part} is here. Choose the same file again and it goes on from there.", { part: percent(line.progress) })}</p>` : nothing}
		<div class="button-row">
			${unfinished ? acts.picker(line) : nothing}
			${line.page_url ? html`<a class="button button-small" href=${line.page_url}>${icon("play")}${line.source === "upload" ? t("Look at it") : t("Watch")}</a>` : nothing}
			${line.retry_url ? html`<button class="button button-small" type="button" @click=${() => acts.convert(line)}>${icon("rotate-cw")}${t("Convert again")}</button>` : nothing}
			${line.delete_url ? html`<button class="button button-small button-plain" type="button" data-act="delete" @click=${() => acts.throwAway(line)}>${icon("trash-2")}${t("Throw away")}</button>` : nothing}
			${line.destroy_url ? html`<a class="button button-small button-plain" href=${line.destroy_url}>${icon("shield-alert")}${t("Destroy …")}</a>` : nothing}
		</div>
		${
			line.sha256
				? html`<details class="upload-sum"><summary>${t("Checksum")}</summary><code>${line.sha256}</code></details>`
				: nothing
		}
	</li>`;
}
