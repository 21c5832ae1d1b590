// The media plane's own view of a hall, five times a second: levels, thumbnails, what comes in, who watches. It comes
// straight from the media plane and goes on while the database is away.
import { BusyError, backOff, checked, Pause, RefusedError } from "./link.ts";
import { EventStreamParser } from "./sse.ts";

export interface DoorStatus {
	signal: "none" | "starting" | "live" | "lost" | "unreadable";
	source: "encoder" | "stand_in" | null;
	since: string;
	bitrate: number;
	lost: number;
	video: {
		codec: string;
		width: number;
		height: number;
		fps: number | null;
		frozen_since: string | null;
		black_since: string | null;
	} | null;
	audio: {
		codec: string;
		channels: number;
		rms_db: number | null;
		peak_db: number | null;
		silent_since: string | null;
	} | null;
	rung: "off" | "on" | "dropped";
	thumbnail: string;
	/** Its sentence is among those that the page brings. */
	trouble: string | null;
	/** By the codecs' names. */
	sends: string;
}

export interface ChannelStatus {
	state: "live" | "stopped" | "ended";
	viewers: number;
	latency: { viewers: number; median_s: number; p95_s: number; stalled: number } | null;
	watching: Record<string, number>;
	showing: string | null;
	left_s: number | null;
}

export interface DeskStatus {
	at: string;
	plan_error?: string;
	doors: Record<string, DoorStatus>;
	channels: Record<string, ChannelStatus>;
	disk: {
		free_bytes: number;
		total_bytes: number;
		state: "good" | "low" | "full";
		hours_left: number | null;
	} | null;
}

export interface DeskLineOptions {
	url: string;
	grantUrl: string;
	csrf: () => string;
	onStatus: (status: DeskStatus) => void;
	onChange: () => void;
}

const SILENCE_MS = 5000;
const RENEW_MS = 45_000;

export class DeskLine {
	/** Null until the first word; old once `lost` is true. */
	status: DeskStatus | null = null;
	lost = false;
	private readonly options: DeskLineOptions;
	private readonly pause = new Pause();
	private current: AbortController | null = null;

	constructor(options: DeskLineOptions) {
		this.options = options;
	}

	start(): void {
		void this.run();
		setInterval(() => void this.grant().catch(() => {}), RENEW_MS);
		document.addEventListener("visibilitychange", () => {
			// A hidden desk hears of everything through the room; five pictures of it a second help nobody.
			if (document.hidden) this.current?.abort();
			else this.pause.cut();
		});
		window.addEventListener("online", () => this.pause.cut());
	}

	private async run(): Promise<never> {
		for (let tries = 0; ; tries++) {
			try {
				if (document.hidden) await this.pause.wait(3_600_000);
				await this.grant();
				await this.read(() => {
					tries = 0;
				});
				// The media plane ends the stream with its grant; the one that follows has the next.
				if (tries === 0) continue;
			} catch (error) {
				if (error instanceof RefusedError && error.status !== 401) tries = Math.max(tries, 5);
				if (error instanceof BusyError && error.after) await this.pause.wait(error.after);
			}
			this.tell(true);
			await this.pause.wait(backOff(tries, Math.random(), 300, 8000));
		}
	}

	private async grant(): Promise<void> {
		const { grantUrl, csrf } = this.options;
		await checked(
			await fetch(grantUrl, {
				method: "POST",
				headers: { Accept: "application/json", "X-CSRFToken": csrf() },
				credentials: "include",
				cache: "no-store",
				signal: AbortSignal.timeout(10_000),
			}),
		);
	}

	private async read(onWord: () => void): Promise<void> {
		const controller = new AbortController();
		this.current = controller;
		let timer = setTimeout(() => controller.abort(), 2 * SILENCE_MS);
		try {
			const response = await checked(
				await fetch(this.options.url, {
					headers: { Accept: "text/event-stream" },
					credentials: "include",
					cache: "no-store",
					signal: controller.signal,
				}),
			);
			const parser = new EventStreamParser();
			const decoder = new TextDecoder();
			const reader = response.body?.getReader();
			for (;;) {
				const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
				if (done) return;
				clearTimeout(timer);
				timer = setTimeout(() => controller.abort(), SILENCE_MS);
				for (const { data } of parser.feed(decoder.decode(value, { stream: true }))) {
					onWord();
					this.take(JSON.parse(data) as DeskStatus);
				}
			}
		} finally {
			clearTimeout(timer);
			controller.abort();
		}
	}

	private take(status: DeskStatus): void {
		this.status = status;
		this.tell(false);
		this.options.onStatus(status);
	}

	private tell(lost: boolean): void {
		if (this.lost === lost) return;
		this.lost = lost;
		this.options.onChange();
	}
}
