// The second way of a stop: straight to the media plane, with a grant that needs no database. The room's command and
// this one leave together; each is tried until it has arrived, and the picture is stopped as soon as one has. Each says
// how long ago it was pressed: the servers alone know what was decided since.
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
	/** By the clock that nobody sets. */
	private pressedAt = 0;

	constructor(options: StopLineOptions) {
		this.options = options;
	}

	press(): void {
		this.pressedAt = performance.now();
		if (this.state === "sending") {
			this.pause.cut();
			return;
		}
		const url = this.options.url();
		const token = this.options.token();
		if (url && token) void this.send(url, token);
	}

	/**
	 * The broadcast goes on: what was known of the last stop is over. One that is still on its way stays on it, since
	 * a page that hears of things late cannot say which of the two came first.
	 */
	forget(): void {
		if (this.state === "done" || this.state === "refused") this.tell("idle");
	}

	private async send(url: string, token: string): Promise<void> {
		const { random = Math.random, firstRetry = 300, lifeMs = LIFE_MS } = this.options;
		this.tell("sending");
		for (let tries = 0; performance.now() < this.pressedAt + lifeMs; tries++) {
			const pressedAt = this.pressedAt;
			const answer = await post(url, token, performance.now() - pressedAt);
			// Pressed once more meanwhile: that one is sent at once, and is not overtaken.
			const renewed = pressedAt !== this.pressedAt;
			if (renewed && (answer === "overtaken" || answer === "again")) continue;
			if (answer !== "again") {
				this.tell(answer === "overtaken" ? "idle" : answer);
				return;
			}
			await this.pause.wait(backOff(tries, random(), firstRetry, 3000));
		}
		this.tell("idle");
	}

	private tell(state: LineState): void {
		this.state = state;
		this.options.onChange();
	}
}

async function post(
	url: string,
	token: string,
	age: number,
): Promise<"done" | "overtaken" | "refused" | "again"> {
	try {
		const signal = AbortSignal.timeout(TIMEOUT_MS);
		const headers = { Authorization: `Bearer ${token}` };
		const address = `${url}?age_ms=${Math.round(age)}`;
		const answer = await checked(
			await fetch(address, { method: "POST", headers, cache: "no-store", signal }),
		);
		return (await answer.json()).overtaken === true ? "overtaken" : "done";
	} catch (error) {
		if (error instanceof BusyError) return "again";
		// 404: the media plane does not know the channel yet, or has just been restarted.
		return error instanceof RefusedError && error.status !== 404 ? "refused" : "again";
	}
}
