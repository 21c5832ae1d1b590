// Where a moment lies in the media, and which moment a place shows. A playlist says the date of each segment; the
// two run apart where the time line jumped, so the nearest segment decides. Only `firstDate` asks the network.
import type Hls from "hls.js";

export interface Stretch {
	/** Seconds of media time. */
	start: number;
	duration: number;
	/** Milliseconds, by EXT-X-PROGRAM-DATE-TIME. */
	date: number;
}

/** Of the playlist that is being played; none until one is known. */
export function stretchesOf(hls: Hls | null): Stretch[] {
	const fragments = hls?.latestLevelDetails?.fragments ?? [];
	return fragments.flatMap(({ start, duration, programDateTime }) =>
		programDateTime === null ? [] : [{ start, duration, date: programDateTime }],
	);
}

export function dateAt(stretches: readonly Stretch[], position: number): number | null {
	let best: Stretch | null = null;
	for (const stretch of stretches) {
		if (best && stretch.start > position) break;
		best = stretch;
	}
	return best && best.date + (position - best.start) * 1000;
}

/** The place of a moment; one that lies in a gap gives the beginning of what follows it. */
export function positionAt(stretches: readonly Stretch[], date: number): number | null {
	for (const stretch of stretches) {
		if (date < stretch.date) return stretch.start;
		if (date < stretch.date + stretch.duration * 1000) return stretch.start + (date - stretch.date) / 1000;
	}
	const last = stretches.at(-1);
	return last ? last.start + Math.max(0, (date - last.date) / 1000) : null;
}

/** The date (ms) with which a media playlist begins; null if that cannot be had. */
export async function firstDate(url: string): Promise<number | null> {
	try {
		const foreign = new URL(url, location.href).origin !== location.origin;
		const response = await fetch(url, {
			credentials: foreign ? "include" : "same-origin",
			signal: AbortSignal.timeout(5000),
		});
		const date = /^#EXT-X-PROGRAM-DATE-TIME:(\S+)/m.exec(response.ok ? await response.text() : "")?.[1];
		const moment = Date.parse(date ?? "");
		return Number.isFinite(moment) ? moment : null;
	} catch {
		return null;
	}
}
