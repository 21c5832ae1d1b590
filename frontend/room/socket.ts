// The only owner of the live connection. Start-up is a snapshot and then the events after it; losing the
// connection, waking from sleep and missing an event all lead back to one of these two steps.
import type { ServerClock } from "./clock.ts";
import { BusyError, backOff, checked, type Link, Pause, RefusedError, TIMES, type Times } from "./link.ts";
import { EventStreamParser, type Message } from "./sse.ts";
import type { RoomEvent, State, Store } from "./store.ts";

export interface SocketOptions {
	snapshotUrl: string;
	eventsUrl: string;
	store: Store;
	clock: ServerClock;
	onLink?: (link: Link) => void;
	onPresence?: (presence: unknown) => void;
	onSnapshot?: (snapshot: Record<string, unknown>) => void;
	times?: Partial<Times>;
	random?: () => number;
	/** What an earlier page of this tab learnt about the network's proxies. */
	pollFirst?: boolean;
	onMode?: (mode: "stream" | "poll") => void;
}

type PollAnswer =
	| { version: number; events: RoomEvent[]; watching?: number; resync?: never }
	| { resync: true };

export class Socket {
	link: Link = { kind: "connecting" };
	private readonly options: SocketOptions;
	private readonly times: Times;
	private readonly pause = new Pause();
	private current: AbortController | null = null;
	private mode: "stream" | "poll";
	private pollSince = 0;
	private strikes = 0;
	private tries = 0;
	private gapAt = -1;
	private fresh = false;
	private running = false;
	private asleep = false;
	private poked = false;
	private lastByte = 0;

	constructor(options: SocketOptions) {
		this.options = options;
		this.times = { ...TIMES, ...options.times };
		this.mode = options.pollFirst ? "poll" : "stream";
		this.pollSince = Date.now();
	}

	start(): void {
		if (this.running) return;
		this.running = true;
		void this.run();
	}

	stop(): void {
		this.running = false;
		this.poke();
	}

	/** Something happened that makes waiting wrong: the network is back, the lid was opened. */
	poke(): void {
		this.poked = true;
		this.tries = 0;
		this.current?.abort();
		this.pause.cut();
	}

	/** Gives the connection back until `wake`. */
	sleep(): void {
		this.asleep = true;
		this.current?.abort();
	}

	wake(): void {
		const slept = this.asleep;
		this.asleep = false;
		if (slept || Date.now() - this.lastByte > this.times.silence / 2) this.poke();
	}

	/** The network changed: a proxy that buffered may be gone. */
	retryStream(): void {
		this.switchTo("stream");
		this.poke();
	}

	private async run(): Promise<void> {
		while (this.running) {
			this.poked = false;
			if (this.asleep) {
				this.tell({ kind: "asleep" });
				await this.pause.wait(3_600_000);
				continue;
			}
			const wait = await this.attempt();
			if (wait > 0 && this.running && !this.poked && !this.asleep) {
				if (this.link.kind !== "refused")
					this.tell({ kind: "waiting", tries: this.tries, until: Date.now() + wait });
				await this.pause.wait(wait);
			}
		}
	}

	/** One connection from beginning to end; how long to wait before the next. */
	private async attempt(): Promise<number> {
		if (this.link.kind === "asleep") this.tell({ kind: "connecting" });
		try {
			if (!this.fresh) await this.loadSnapshot();
			if (this.mode === "poll") await this.pollOnce();
			else await this.readStream();
			return 0;
		} catch (error) {
			return this.afterFailure(error);
		}
	}

	private afterFailure(error: unknown): number {
		if (this.poked || this.asleep || !this.running) return 0;
		if (error instanceof RefusedError) {
			const { status, code, message } = error;
			this.tell({ kind: "refused", status, code, message });
			this.fresh = false;
			return this.times.refusedRetry;
		}
		if (error instanceof AgainError) return 0;
		const wait = backOff(
			this.tries++,
			(this.options.random ?? Math.random)(),
			this.times.firstRetry,
			this.times.mostRetry,
		);
		return error instanceof BusyError && error.after !== null ? Math.max(wait, error.after) : wait;
	}

	private async loadSnapshot(): Promise<void> {
		const { store, clock } = this.options;
		const asked = Date.now();
		const { signal, done } = this.request(this.times.request);
		try {
			const response = await checked(
				await fetch(this.options.snapshotUrl, {
					headers: { Accept: "application/json" },
					cache: "no-store",
					credentials: "same-origin",
					signal,
				}),
			);
			const snapshot = (await response.json()) as { version: number; state: State; at?: string };
			clock.answer(snapshot.at, asked);
			this.lastByte = Date.now();
			store.start(snapshot.version, snapshot.state);
			this.fresh = true;
			this.gapAt = -1;
			this.options.onSnapshot?.(snapshot as unknown as Record<string, unknown>);
		} finally {
			done();
		}
	}

	private async readStream(): Promise<void> {
		const { signal, done, limit, expired } = this.request(this.times.firstByte);
		let answered = false;
		let bytes = 0;
		try {
			const response = await checked(await this.fetchEvents("text/event-stream", signal));
			answered = true;
			const parser = new EventStreamParser();
			const decoder = new TextDecoder();
			const reader = response.body?.getReader();
			for (;;) {
				const { done: ended, value } = (await reader?.read()) ?? { done: true, value: undefined };
				if (ended) break;
				bytes += value.byteLength;
				limit(this.times.silence);
				this.alive("stream");
				for (const message of parser.feed(decoder.decode(value, { stream: true }))) this.receive(message);
			}
			// A server that stops ends its streams: come back soon, but not all at once.
			throw new Error("The stream ended.");
		} catch (error) {
			if (bytes === 0 && !this.poked && !this.asleep) this.noByte(answered, expired());
			throw error;
		} finally {
			done();
		}
	}

	/** Streams that say nothing: twice broken off, or once silent for too long, means that a proxy buffers. */
	private noByte(answered: boolean, silent: boolean): void {
		if (answered) this.strikes += 1;
		if (silent || this.strikes >= 2) {
			this.switchTo("poll");
			this.tries = 0;
			throw new AgainError();
		}
	}

	private async pollOnce(): Promise<void> {
		if (Date.now() - this.pollSince > this.times.pollFor) {
			this.switchTo("stream");
			return;
		}
		const { store } = this.options;
		const asked = Date.now();
		const { signal, done } = this.request(this.times.poll);
		try {
			const response = await checked(await this.fetchEvents("application/json", signal));
			const answer = (await response.json()) as PollAnswer;
			this.alive("poll");
			if (answer.resync) this.resync();
			for (const event of answer.events) this.take(event);
			if (answer.watching !== undefined) this.options.onPresence?.(answer);
			if (answer.version > store.version) this.missed();
			// A proxy that answers from its cache must not make us spin.
			if (answer.events.length === 0 && Date.now() - asked < 300) await this.pause.wait(1000);
		} finally {
			done();
		}
	}

	private fetchEvents(accept: string, signal: AbortSignal): Promise<Response> {
		const url = `${this.options.eventsUrl}?since=${this.options.store.version}`;
		return fetch(url, { headers: { Accept: accept }, cache: "no-store", credentials: "same-origin", signal });
	}

	private receive(message: Message): void {
		if (message.event === "resync") this.resync();
		if (message.event === "presence") this.options.onPresence?.(JSON.parse(message.data));
		if (message.event === "message") this.take(JSON.parse(message.data) as RoomEvent);
	}

	private take(event: RoomEvent): void {
		const known = this.options.store.version;
		if (!this.options.store.apply(event)) this.missed();
		if (event.v === known + 1) this.options.clock.message(event.at);
	}

	/** Events are missing: ask for them once, then start anew. */
	private missed(): never {
		const { version } = this.options.store;
		if (this.gapAt === version) this.fresh = false;
		this.gapAt = version;
		throw new AgainError();
	}

	private resync(): never {
		this.fresh = false;
		throw new AgainError();
	}

	private alive(by: "stream" | "poll"): void {
		this.lastByte = Date.now();
		this.tries = 0;
		if (by === "stream") this.strikes = 0;
		if (this.link.kind !== "open" || this.link.by !== by) this.tell({ kind: "open", by });
	}

	private switchTo(mode: "stream" | "poll"): void {
		this.strikes = 0;
		this.pollSince = Date.now();
		if (this.mode === mode) return;
		this.mode = mode;
		this.options.onMode?.(mode);
	}

	private tell(link: Link): void {
		this.link = link;
		this.options.onLink?.(link);
	}

	/** One abortable request at a time, with a limit that can be pushed on. */
	private request(ms: number) {
		const controller = new AbortController();
		let expired = false;
		const end = () => {
			expired = true;
			controller.abort();
		};
		let timer = setTimeout(end, ms);
		this.current = controller;
		return {
			signal: controller.signal,
			limit: (next: number) => {
				clearTimeout(timer);
				timer = setTimeout(end, next);
			},
			expired: () => expired,
			done: () => {
				clearTimeout(timer);
				// A stream that we leave in the middle must not stay open behind our back.
				controller.abort();
				if (this.current === controller) this.current = null;
			},
		};
	}
}

/** Not a failure: go round once more, at once. */
class AgainError extends Error {}
