// The time bar: where one is, what can be gone back to, in clock times. A slider that a keyboard and a screen reader
// know; while a hand drags it, it follows the hand and not the clock.
import { live } from "lit/directives/live.js";
import { html, nothing, svg, type TemplateResult } from "lit/html.js";
import { clockSeconds } from "../room/format.ts";
import { t } from "../room/messages.ts";

export interface Mark {
	at: number;
	kind: string;
}

export interface TimeFacts {
	/** Milliseconds. */
	from: number;
	to: number;
	at: number;
	/** The end is now. */
	live: boolean;
	marks?: readonly Mark[];
	/** How a moment is written; clock time unless said otherwise. */
	write?: (moment: number) => string;
	goTo: (moment: number) => void;
}

/** Shorter than this there is nothing to go back to. */
const WORTH_MS = 20_000;

export class TimeBar {
	/** Where the hand holds it (s). */
	private held: number | null = null;
	/** Where a pointer hovers (ms). */
	private hovered: number | null = null;
	private readonly onChange: () => void;

	constructor(onChange: () => void) {
		this.onChange = onChange;
	}

	draw(facts: TimeFacts | null): TemplateResult | typeof nothing {
		if (!facts || facts.to - facts.from < WORTH_MS) return nothing;
		const { from, to, at, write = clockSeconds, marks = [], goTo } = facts;
		const now = this.held === null ? at : this.held * 1000;
		const atEdge = facts.live && to - now < 2000;
		const shown = this.hovered ?? now;
		return html`<div class="time-bar" dir="ltr">
			<time class="time-bar-now">${write(now)}</time>
			<div class="time-bar-track">
				${marks.length ? this.marks(facts) : nothing}
				<input
					class="player-seek"
					type="range"
					step="1"
					min=${Math.floor(from / 1000)}
					max=${Math.max(Math.floor(from / 1000) + 1, Math.floor(to / 1000))}
					.value=${live(String(Math.floor(now / 1000)))}
					aria-label=${t("Time in the broadcast")}
					aria-valuetext=${atEdge ? t("Live") : write(now)}
					@input=${(event: Event) => this.hold(Number((event.target as HTMLInputElement).value))}
					@change=${(event: Event) => this.let(Number((event.target as HTMLInputElement).value), goTo)}
					@pointermove=${(event: PointerEvent) => this.hover(event, from, to)}
					@pointerleave=${() => this.leave()}
				/>
			</div>
			<span class="time-bar-end">${this.hovered !== null ? write(shown) : facts.live ? `−${this.away(to - now)}` : write(to)}</span>
		</div>`;
	}

	private away(ms: number): string {
		const seconds = Math.max(0, Math.round(ms / 1000));
		return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
	}

	private marks({ from, to, marks = [] }: TimeFacts): TemplateResult {
		return html`<svg class="time-bar-marks" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
			${marks
				.filter(({ at }) => at >= from && at <= to)
				.map(
					({ at, kind }) =>
						svg`<rect class="mark mark-${kind}" x=${(((at - from) / (to - from)) * 1000).toFixed(1)} y="0" width="3" height="10"></rect>`,
				)}
		</svg>`;
	}

	private hold(seconds: number): void {
		this.held = seconds;
		this.hovered = null;
		this.onChange();
	}

	private let(seconds: number, goTo: (moment: number) => void): void {
		this.held = null;
		goTo(seconds * 1000);
		this.onChange();
	}

	private hover(event: PointerEvent, from: number, to: number): void {
		if (event.pointerType === "touch" || event.buttons) return;
		const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
		this.hovered = from + Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * (to - from);
		this.onChange();
	}

	private leave(): void {
		if (this.hovered === null) return;
		this.hovered = null;
		this.onChange();
	}
}
