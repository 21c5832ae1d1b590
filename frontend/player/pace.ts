// How fast to play so that the picture stays close to the theatre and yet does not stall. hls.js speeds up only
// with more than a second in store, which is a second too much for a conversation. What counts is the least
// that was in store during the last moments: its distance from nothing is the real safety margin, whatever the
// network's jitter is. No DOM, no clock.

const WINDOW_MS = 2000;
/** Two parts of 0.2 s: one that may be late, one that plays. */
const MARGIN_S = 0.38;
const TOLERANCE_S = 0.12;
/** Each stall asks for more, which is given back slowly. */
const STALL_S = 0.3;
const MOST_EXTRA_S = 2.5;
const FORGIVE_S_PER_S = 0.01;

export class Pace {
	private samples: { at: number; ahead: number }[] = [];
	private extra = 0;
	private forgivenAt = 0;

	/** The playback rate for now, given the seconds in store. */
	rate(ahead: number, at: number): number {
		this.forgive(at);
		this.samples = [...this.samples.filter((sample) => at - sample.at < WINDOW_MS), { at, ahead }];
		const least = Math.min(...this.samples.map((sample) => sample.ahead));
		const spare = least - MARGIN_S - this.extra;
		if (spare > 1) return 1.1;
		if (spare > TOLERANCE_S) return 1.05;
		// A little slower costs nobody anything and saves a stall.
		return ahead < 0.12 ? 0.95 : 1;
	}

	stalled(at: number): void {
		this.forgive(at);
		this.extra = Math.min(MOST_EXTRA_S, this.extra + STALL_S);
		this.samples = [];
	}

	/** After a jump the old store says nothing. */
	restart(): void {
		this.samples = [];
	}

	private forgive(at: number): void {
		const passed = Math.max(0, at - this.forgivenAt) / 1000;
		this.forgivenAt = at;
		this.extra = Math.max(0, this.extra - passed * FORGIVE_S_PER_S);
	}
}
