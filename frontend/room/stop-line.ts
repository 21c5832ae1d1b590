// The second way of a stop: straight to the media plane, with a grant that needs no database. The room's command and
// this one leave together; each is tried until it has arrived, and the picture is stopped as soon as one has.
import { BusyError, backOff, checked, Pause, RefusedError } from "./link.ts";

export type LineState = "idle" | "sending" | "done" | "refused";

export interface StopLineOptions {
	/** Null: this person has no grant, or there is no channel yet. */
	url: () => string | null;
	token: () => string | null;
	onChange: () => void;
	lifeMs?: number;
	firstRetry?: number;
	random?: () => number;
}

/** The other way needs no longer to be tried than somebody stands before the board and waits. */
const LIFE_MS = 600_000;
const TIMEOUT_MS = 5000;

export class StopLine {
	state: LineState = "idle";
	private readonly options: StopLineOptions;
	private readonly pause = new Pause();
	private order = 0;

	constructor(options: StopLineOptions) {
		this.options = options;
	}

	press(): void {
		if (this.state === "sending") {
			this.pause.cut();
			return;
		}
		const url = this.options.url();
		const token = this.options.token();
		if (url && token) void this.send(url, token, ++this.order);
	}

	/** The broadcast goes on: what was known of the last stop is over. */
	forget(): void {
		if (this.state === "idle") return;
		this.order += 1;
		this.pause.cut();
		this.tell("idle");
	}

	private async send(url: string, token: string, order: number): Promise<void> {
		const { random = Math.random, firstRetry = 300, lifeMs = LIFE_MS } = this.options;
		const until = Date.now() + lifeMs;
		this.tell("sending");
		for (let tries = 0; order === this.order && Date.now() < until; tries++) {
			const answer = await post(url, token);
			if (order !== this.order) return;
			if (answer !== "again") {
				this.tell(answer);
				return;
			}
			await this.pause.wait(backOff(tries, random(), firstRetry, 3000));
		}
		if (order === this.order) this.tell("idle");
	}

	private tell(state: LineState): void {
		this.state = state;
		this.options.onChange();
	}
}

async function post(url: string, token: string): Promise<"done" | "refused" | "again"> {
	try {
		const signal = AbortSignal.timeout(TIMEOUT_MS);
		const headers = { Authorization: `Bearer ${token}` };
		await checked(await fetch(url, { method: "POST", headers, cache: "no-store", signal }));
		return "done";
	} catch (error) {
		if (error instanceof BusyError) return "again";
		// 404: the media plane does not know the channel yet, or has just been restarted.
		return error instanceof RefusedError && error.status !== 404 ? "refused" : "again";
	}
}
