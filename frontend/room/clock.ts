// The server's clock, seen from here. A hospital's workstation may be minutes off, and the delay of the
// picture is a difference of two clocks. Every answer with the server's time bounds the offset: it was stamped
// after we asked and before we read it. Bounds of many answers meet within a few milliseconds. (HTTP's Date has
// whole seconds and servers write it from a cache: it would only mislead.)

export interface Bounds {
	low: number;
	high: number;
}

export const UNBOUNDED: Bounds = { low: -Infinity, high: Infinity };

/** Meets two bounds. If they exclude each other a clock was set: only the new one counts. */
export function narrow(known: Bounds, fresh: Bounds): Bounds {
	const low = Math.max(known.low, fresh.low);
	const high = Math.min(known.high, fresh.high);
	return low <= high ? { low, high } : fresh;
}

export function offsetOf({ low, high }: Bounds): number {
	if (Number.isFinite(low) && Number.isFinite(high)) return (low + high) / 2;
	if (Number.isFinite(low)) return low;
	return Number.isFinite(high) ? high : 0;
}

/** An answer stamped `server`, to the millisecond, between `asked` and `read` on our clock. */
export const boundsOfAnswer = (server: number, asked: number, read: number): Bounds => ({
	low: server - read,
	high: server + 1 - asked,
});

/** Quartz clocks part by up to 100 ppm each: what was learnt `age` ms ago is known less well now. */
export const aged = ({ low, high }: Bounds, age: number): Bounds => ({
	low: low - age * 2e-4,
	high: high + age * 2e-4,
});

/** A message stamped `server` and read at `read`: it cannot have been written after it was read. */
export const boundsOfMessage = (server: number, read: number): Bounds => ({
	low: server - read,
	high: Infinity,
});

export class ServerClock {
	private bounds = UNBOUNDED;
	private learntAt = 0;
	private readonly local: () => number;

	constructor(local: () => number = Date.now) {
		this.local = local;
	}

	now(): number {
		return this.local() + offsetOf(this.bounds);
	}

	/** True once the offset is known to better than `ms`. */
	known(ms: number): boolean {
		return this.bounds.high - this.bounds.low <= ms;
	}

	answer(iso: string | undefined, asked: number): void {
		const stamp = Date.parse(iso ?? "");
		if (Number.isFinite(stamp)) this.learn(boundsOfAnswer(stamp, asked, this.local()));
	}

	message(iso: string | undefined): void {
		const stamp = Date.parse(iso ?? "");
		if (Number.isFinite(stamp)) this.learn(boundsOfMessage(stamp, this.local()));
	}

	/** After sleep the local clock may have been set: forget. */
	forget(): void {
		this.bounds = UNBOUNDED;
	}

	private learn(fresh: Bounds): void {
		const now = this.local();
		this.bounds = narrow(aged(this.bounds, Math.max(0, now - this.learntAt)), fresh);
		this.learntAt = now;
	}
}
