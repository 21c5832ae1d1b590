/** How we are connected to the room, as the reader may be told. */
export type Link =
	| { kind: "connecting" }
	| { kind: "open"; by: "stream" | "poll" }
	| { kind: "waiting"; tries: number; until: number }
	| { kind: "asleep" }
	| { kind: "refused"; status: number; code: string; message: string };

/** Full jitter: 1,500 browsers that lost the same server must not all come back in the same second. */
export function backOff(tries: number, random: number, first = 500, most = 15_000): number {
	return Math.round(Math.min(most, first * 2 ** Math.min(tries, 10)) * (0.3 + 0.7 * random));
}

export interface Times {
	/** A proxy that buffers shows nothing at all: after this long the long poll takes over. */
	firstByte: number;
	/** The server's heartbeat comes every 15 s. */
	silence: number;
	/** An ordinary request: snapshot, command. */
	request: number;
	/** A long poll is held for 25 s at most. */
	poll: number;
	/** How long to stay with the long poll before the stream is tried again. */
	pollFor: number;
	/** A hidden tab gives its connection back: HTTP/1.1 allows six per site. */
	hidden: number;
	firstRetry: number;
	mostRetry: number;
	refusedRetry: number;
}

export const TIMES: Times = {
	firstByte: 6000,
	silence: 40_000,
	request: 12_000,
	poll: 40_000,
	pollFor: 600_000,
	hidden: 60_000,
	firstRetry: 500,
	mostRetry: 15_000,
	refusedRetry: 30_000,
};

/** Waits, unless somebody calls `cut`. */
export class Pause {
	private end: (() => void) | null = null;

	wait(ms: number): Promise<void> {
		return new Promise((resolve) => {
			const timer = setTimeout(() => this.cut(), ms);
			this.end = () => {
				clearTimeout(timer);
				this.end = null;
				resolve();
			};
		});
	}

	cut(): void {
		this.end?.();
	}
}

/** The server answered, and said no. */
export class RefusedError extends Error {
	readonly status: number;
	readonly code: string;

	constructor(status: number, code: string, message: string) {
		super(message);
		this.status = status;
		this.code = code;
	}
}

/** The server (or a proxy) asks us to come back later. */
export class BusyError extends Error {
	readonly after: number | null;

	constructor(status: number, after: number | null) {
		super(`HTTP ${status}`);
		this.after = after;
	}
}

export async function checked(response: Response): Promise<Response> {
	if (response.ok && !response.redirected) return response;
	// A session that ended redirects to the sign-in page.
	if (response.redirected) throw new RefusedError(401, "signed_out", "");
	const { status } = response;
	if (status >= 500 || status === 408 || status === 425 || status === 429) {
		const after = Number(response.headers.get("Retry-After") ?? Number.NaN);
		throw new BusyError(status, Number.isFinite(after) ? after * 1000 : null);
	}
	const said = await response.json().catch(() => ({}));
	throw new RefusedError(status, String(said?.code ?? ""), String(said?.message ?? ""));
}
