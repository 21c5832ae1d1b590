// The right to see the picture: a cookie of two minutes, asked for before the first byte of media and renewed
// while somebody watches. A refusal ends it at once; a network that fails does not.
import { BusyError, backOff, checked, Pause, RefusedError } from "../room/link.ts";

export interface GrantOptions {
	url: () => string;
	csrf: () => string;
	renewMs?: number;
	onRefused: (refusal: RefusedError) => void;
	onAnswer?: (answer: GrantAnswer, asked: number) => void;
	random?: () => number;
	firstRetry?: number;
}

export interface GrantAnswer {
	master_url: string;
	expires: string;
	renew_after?: number;
	/** The server's clock. */
	at?: string;
}

export class Grant {
	answer: GrantAnswer | null = null;
	private readonly options: GrantOptions;
	private readonly pause = new Pause();
	private running = false;
	private asking: Promise<GrantAnswer | null> | null = null;

	constructor(options: GrantOptions) {
		this.options = options;
	}

	/** Asks until there is an answer, then keeps it fresh; null after a refusal. */
	async hold(): Promise<GrantAnswer | null> {
		if (this.running) return this.answer ?? this.ask();
		this.running = true;
		const first = await this.ask();
		if (first) void this.renew();
		return first;
	}

	drop(): void {
		this.running = false;
		this.answer = null;
		this.pause.cut();
	}

	/** Asks anew right now: media was refused, or the machine slept past the end. */
	again(): Promise<GrantAnswer | null> {
		return this.ask();
	}

	poke(): void {
		this.pause.cut();
	}

	private ask(): Promise<GrantAnswer | null> {
		this.asking ??= this.insist().finally(() => {
			this.asking = null;
		});
		return this.asking;
	}

	private async insist(): Promise<GrantAnswer | null> {
		for (let tries = 0; this.running; tries++) {
			try {
				this.answer = await this.post();
				return this.answer;
			} catch (error) {
				if (error instanceof RefusedError) {
					this.drop();
					this.options.onRefused(error);
					return null;
				}
				const { random = Math.random, firstRetry } = this.options;
				const after = error instanceof BusyError ? (error.after ?? 0) : 0;
				await this.pause.wait(Math.max(after, backOff(tries, random(), firstRetry, 8000)));
			}
		}
		return null;
	}

	private async post(): Promise<GrantAnswer> {
		const asked = Date.now();
		const response = await checked(
			await fetch(this.options.url(), {
				method: "POST",
				headers: { Accept: "application/json", "X-CSRFToken": this.options.csrf() },
				// The cookie is for the media's host, which may be another one.
				credentials: "include",
				cache: "no-store",
				signal: AbortSignal.timeout(10_000),
			}),
		);
		const answer = (await response.json()) as GrantAnswer;
		this.options.onAnswer?.(answer, asked);
		return answer;
	}

	private async renew(): Promise<void> {
		while (this.running) {
			const seconds = this.answer?.renew_after;
			await this.pause.wait(this.options.renewMs ?? (seconds ? seconds * 1000 : 45_000));
			if (this.running) await this.ask();
		}
	}
}
