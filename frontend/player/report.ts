// What a player tells the media plane of itself, so that the director sees what viewers see. Lost ones do no harm.

export interface Report {
	/** Seconds behind the theatre. */
	behind_s: number;
	/** How often the picture stood still since the last report. */
	stalls: number;
	feed: string | null;
}

const EVERY_MS = 15_000;

/** `tell` gives the address and what to say there, or null while there is nothing to say. */
export function reportRegularly(tell: () => { url: string; report: Report } | null): void {
	setInterval(() => {
		const told = tell();
		if (!told) return;
		const foreign = new URL(told.url, location.href).origin !== location.origin;
		fetch(told.url, {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify(told.report),
			credentials: foreign ? "include" : "same-origin",
			signal: AbortSignal.timeout(5000),
		}).catch(() => {});
	}, EVERY_MS);
}
