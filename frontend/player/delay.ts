// The safety delay as a viewer's clock has to know it. PROGRAM-DATE-TIME is the time of release; what is released
// at that moment was seen by the camera one delay earlier (docs/decisions/0013). No DOM, no clock.

export interface DelayChange {
	/** From this time of release on (RFC 3339). */
	since: string;
	seconds: number;
}

type Delays = readonly DelayChange[];

const sorted = (delays: Delays) =>
	delays
		.map(({ since, seconds }) => ({ since: Date.parse(since), seconds }))
		.sort((a, b) => a.since - b.since);

/** Seconds of delay in effect for what is released at `released` (ms). */
export function delayAt(delays: Delays, released: number): number {
	let seconds = 0;
	for (const change of sorted(delays)) {
		if (change.since > released) break;
		seconds = change.seconds;
	}
	return seconds;
}

/** When the camera saw what is released at `released` (ms). */
export const captureTime = (delays: Delays, released: number): number =>
	released - delayAt(delays, released) * 1000;

/**
 * While a raised delay fills up there is a slate instead of the picture: until when (ms), or null.
 * The first delay of a broadcast builds up too, but nobody has seen a picture before it.
 */
export function buildingUntil(delays: Delays, released: number): number | null {
	const order = sorted(delays);
	const index = order.findLastIndex(({ since }) => since <= released);
	const now = order[index];
	const before = order[index - 1];
	if (!now || !before || now.seconds <= before.seconds) return null;
	const until = now.since + (now.seconds - before.seconds) * 1000;
	return released < until ? until : null;
}

/** The time of release of what the camera saw at `captured` (ms). */
export function releaseTime(delays: Delays, captured: number): number {
	const order = sorted(delays);
	for (const [index, change] of [...order.entries()].reverse()) {
		const released = captured + change.seconds * 1000;
		if (released >= change.since || index === 0) return Math.max(released, change.since);
	}
	return captured;
}
