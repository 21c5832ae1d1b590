// The picture of one room: the right to see it, the machine that plays it, and what the viewer is told.
import type { ChannelChanged, SignalChanged } from "../contracts/rooms.ts";
import type { ServerClock } from "../room/clock.ts";
import type { Keeper } from "../room/keep.ts";
import { backOff } from "../room/link.ts";
import { Engine } from "./engine.ts";
import { Grant } from "./grant.ts";
import { Screen } from "./screen.ts";
import { Sound } from "./sound.ts";
import { type StatusKind, statusOf, steadyDelay } from "./status.ts";

export interface PlayerOptions {
	stage: HTMLElement;
	video: HTMLVideoElement;
	clock: ServerClock;
	csrf: () => string;
	keeper: Keeper;
	place: "room" | "desk";
	onChange: () => void;
}

/** Further behind than this without wanting to: back to the edge (a slept tab, a long stall). */
const DRIFT_S = 5;
const REST_MS = 60_000;

export class Player {
	readonly engine: Engine;
	readonly sound: Sound;
	readonly screen: Screen;
	status: StatusKind = "connecting";
	refusal: string | null = null;
	/** Seconds between the theatre and this screen. */
	delay: number | null = null;
	/** The viewer went back on purpose. */
	back = false;
	private readonly options: PlayerOptions;
	private readonly grant: Grant;
	private channel: ChannelChanged | null = null;
	private signals: Readonly<Record<string, SignalChanged>> = {};
	private known = false;
	private refusals = 0;
	private reloading = false;
	private resting: number | undefined;

	constructor(options: PlayerOptions) {
		const { stage, video, keeper, place } = options;
		const onChange = () => this.changed();
		this.options = options;
		this.sound = new Sound(video, keeper, place, onChange);
		this.screen = new Screen(stage, video, onChange);
		this.engine = new Engine(video, { onChange, onUnauthorised: () => void this.unauthorised() });
		this.grant = new Grant({
			url: () => this.channel?.grant_url ?? "",
			csrf: options.csrf,
			onRefused: (refusal) => this.refused(refusal.message),
			onAnswer: ({ at }, asked) => options.clock.answer(at, asked),
		});
		for (const name of ["pause", "play", "playing", "waiting"]) video.addEventListener(name, onChange);
		video.addEventListener("canplay", () => void this.start());
		window.addEventListener("online", () => this.awake());
		window.addEventListener("offline", onChange);
		document.addEventListener("visibilitychange", () => this.hidden());
		window.setInterval(() => this.tick(), 250);
	}

	/** What the room says of its picture. */
	update(channel: ChannelChanged | null, signals: Readonly<Record<string, SignalChanged>>): void {
		const before = this.channel;
		this.channel = channel;
		this.signals = signals;
		this.known = true;
		if (channel?.state !== "live") this.close();
		else if (before?.id !== channel.id || before.state !== "live") void this.open();
		this.changed();
	}

	/** After a refusal: the right may have come meanwhile. */
	retry(): void {
		this.refusal = null;
		void this.open();
		this.changed();
	}

	titleOf(feed: string): Record<string, string> | string {
		return this.signals[feed]?.title ?? this.engine.feeds.find(({ key }) => key === feed)?.name ?? feed;
	}

	signalOf(feed: string | null): SignalChanged | undefined {
		return feed === null ? Object.values(this.signals)[0] : this.signals[feed];
	}

	get isOpen(): boolean {
		return this.engine.loaded;
	}

	/** Which moment is on the screen, for the questions asked at it. */
	shownAt(): string | null {
		return this.engine.hasPicture ? (this.engine.shownAt()?.toISOString() ?? null) : null;
	}

	togglePlay(): void {
		const { video } = this.options;
		if (video.paused) void this.sound.play();
		else {
			this.back = true;
			video.pause();
		}
	}

	goLive(): void {
		this.back = false;
		this.engine.goLive();
		void this.sound.play();
		this.changed();
	}

	move(seconds: number): void {
		this.engine.move(seconds);
		this.back = this.engine.distance() > 2;
		this.changed();
	}

	choose(feed: string): void {
		this.engine.choose(feed);
		void this.sound.play();
	}

	private async open(): Promise<void> {
		const grant = await this.grant.hold();
		if (!grant || this.channel?.state !== "live" || this.engine.loaded) return;
		this.engine.load(this.channel.master_url);
		this.changed();
	}

	private close(): void {
		this.grant.drop();
		if (this.engine.loaded) this.engine.clear();
		this.back = false;
		this.delay = null;
	}

	private refused(message: string): void {
		this.refusal = message;
		this.close();
		this.changed();
	}

	/** The origin said no: perhaps only the cookie was too old. Ask anew, and do not hurry the second time. */
	private async unauthorised(): Promise<void> {
		if (this.reloading) return;
		this.reloading = true;
		const wait = this.refusals === 0 ? 0 : backOff(this.refusals, Math.random(), 500, 8000);
		this.refusals += 1;
		await new Promise((resolve) => setTimeout(resolve, wait));
		const grant = await this.grant.again();
		this.reloading = false;
		if (grant) this.engine.reload();
	}

	/** A picture that nobody sees or hears gives the network back. */
	private hidden(): void {
		window.clearTimeout(this.resting);
		if (!document.hidden) this.awake();
		else
			this.resting = window.setTimeout(() => {
				if (this.sound.muted && !this.screen.isPip) this.engine.rest();
			}, REST_MS);
	}

	private awake(): void {
		this.grant.poke();
		if (this.engine.loaded && (this.engine.stalled || this.engine.resting)) this.engine.reload();
		if (!this.back && this.engine.loaded && this.engine.distance() > DRIFT_S) this.engine.goLive();
		this.changed();
	}

	private async start(): Promise<void> {
		if (!this.back && this.options.video.paused) await this.sound.play();
		this.changed();
	}

	private tick(): void {
		const { engine } = this;
		if (!engine.loaded) return;
		if (engine.hasPicture && !engine.stalled) this.refusals = 0;
		const distance = engine.distance();
		if (this.back && !this.options.video.paused && distance < 1) this.back = false;
		if (!this.back && engine.hasPicture && distance > DRIFT_S) engine.goLive();
		engine.keepPace(!this.back);
		const shown = engine.shownAt();
		this.delay = steadyDelay(this.delay, shown ? (this.options.clock.now() - shown.getTime()) / 1000 : null);
		this.changed();
	}

	private changed(): void {
		const { engine } = this;
		const { video } = this.options;
		const none = !engine.hasPicture;
		this.status = statusOf({
			online: navigator.onLine,
			refusal: this.refusal,
			channel: this.channel?.state ?? (this.known ? "none" : "live"),
			signal: this.signalOf(engine.feed)?.signal ?? null,
			picture: none
				? "none"
				: video.paused && engine.played
					? "paused"
					: engine.stalled
						? "stalled"
						: "playing",
			behind: this.delay,
			back: this.back,
			failing: engine.failures + this.refusals > 2,
		});
		this.options.onChange();
	}
}
