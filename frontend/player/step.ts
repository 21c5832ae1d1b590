// How a second picture falls into step with the first: one that is ahead waits, one that is behind plays a little
// faster, or jumps where that would take too long. No DOM, no clock.

export type Move = { kind: "rate"; rate: number } | { kind: "wait" } | { kind: "jump"; ahead: number };

/** Nobody sees a frame's difference; correcting it would only unsettle the picture. */
const IN_STEP_S = 0.02;
/** Seen as motion that is a little brisk, for some seconds: cameras that show different moments are worse. */
const MOST = 0.2;
/** Makes up half of what is missing in a second. */
const PULL = 0.5;
/** A beat and a bit: who waits from one look to the next is not behind afterwards. A leader whose line stalls, or
 * whose machine is busy, leaves the others ahead by half a second at once. */
const WAIT_S = 0.12;
/** Further off than this: a jump. What has been loaded already is waited for rather than loaded again. */
const FAR_BEHIND_S = 0.6;
const FAR_AHEAD_S = 4;
/** A jump takes time; two in a row would chase each other. */
const REST_MS = 2500;

export class Step {
	private jumpedAt = Number.NEGATIVE_INFINITY;
	private ahead = 0.15;

	/** `behind` seconds the second picture is behind the first (negative: before it). */
	next(behind: number, at: number): Move {
		if ((behind > FAR_BEHIND_S || behind < -FAR_AHEAD_S) && at - this.jumpedAt > REST_MS) {
			// What was missing after the last jump is how long a jump takes here.
			if (at - this.jumpedAt < 2 * REST_MS) this.ahead = Math.min(1, Math.max(0, this.ahead + behind));
			this.jumpedAt = at;
			return { kind: "jump", ahead: this.ahead };
		}
		if (behind < -WAIT_S) return { kind: "wait" };
		if (Math.abs(behind) <= IN_STEP_S) return { kind: "rate", rate: 1 };
		return { kind: "rate", rate: 1 + Math.min(MOST, behind * PULL) };
	}
}
