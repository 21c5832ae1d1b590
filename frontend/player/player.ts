// The picture of one room: the right to see it, the machine that plays it, and what the viewer is told.
import type { ChannelChanged, SignalChanged } from "../contracts/rooms.ts";
import type { ServerClock } from "../room/clock.ts";
import { type Keeper, ofThisTab } from "../room/keep.ts";
import { backOff } from "../room/link.ts";
import { Angles, type Layout, nextLayout } from "./angles.ts";
import { buildingUntil, captureTime, releaseTime } from "./delay.ts";
import { Engine } from "./engine.ts";
import { feedToShow } from "./feeds.ts";
import { Grant } from "./grant.ts";
import { Places } from "./place.ts";
import { reportRegularly } from "./report.ts";
import { Screen } from "./screen.ts";
import { Sound } from "./sound.ts";
import { type StatusKind, statusOf, steadyDelay } from "./status.ts";

/** A room's picture sounds; a desk's is silent until somebody wants to hear it; a recording does not run away. */
export type Place = "room" | "desk" | "recording";

export interface PlayerOptions {
	/** Holds the leading picture and the cameras beside it. */
	cells: HTMLElement;
	video: HTMLVideoElement;
	clock: ServerClock;
	csrf: () => string;
	keeper: Keeper;
	place: Place;
	titleOf: (title: Record<string, string> | string) => string;
	onChange: () => void;
}

/** Further behind than this without wanting to: back to the edge (a slept tab, a long stall). */
const DRIFT_S = 5;
const REST_MS = 60_000;
/** What is in store is watched to its end; then the end is told. */
const DRAIN_MS = 75_000;

export class Player {
	readonly engine: Engine;
	readonly angles: Angles;
	readonly sound: Sound;
	readonly screen: Screen;
	status: StatusKind = "connecting";
	refusal: string | null = null;
	/** Seconds between the theatre and this screen. */
	delay: number | null = null;
	/** The viewer went back on purpose. */
	back = false;
	/** The camera the viewer chose; null: whichever the director shows. */
	chosen: string | null = null;
	/** Sound alone, to save data: kept on this device. */
	listening: boolean;
	channel: ChannelChanged | null = null;
	private readonly options: PlayerOptions;
	private readonly grant: Grant;
	private readonly places = new Places(ofThisTab());
	private signals: Readonly<Record<string, SignalChanged>> = {};
	private known = false;
	private refusals = 0;
	private reloading = false;
	private resting: number | undefined;
	private drainUntil: number | null = null;
	private reportedStalls = 0;

	constructor(options: PlayerOptions) {
		const { cells, video, keeper, place } = options;
		const onChange = () => this.changed();
		this.options = options;
		this.listening = place === "room" && keeper.get("konsilium.listen") === "on";
		this.sound = new Sound(video, keeper, place === "desk" ? "desk" : "room", onChange);
		this.screen = new Screen(video, onChange);
		this.engine = new Engine(video, {
			onChange,
			onUnauthorised: () => void this.unauthorised(),
			onSwitched: () => this.angles.uncover(),
		});
		this.engine.heard = this.sound.language;
		this.angles = new Angles({
			place: cells,
			leader: {
				date: () => (this.engine.hasPicture ? (this.engine.shownAt()?.getTime() ?? null) : null),
				rate: () => video.playbackRate,
				paused: () => video.paused,
			},
			feeds: () => this.engine.feeds,
			onChange,
			onChosen: (feed) => this.choose(feed),
			labelOf: (feed) => options.titleOf(this.titleOf(feed)),
		});
		this.grant = new Grant({
			url: () => this.channel?.grant_url ?? "",
			csrf: options.csrf,
			onRefused: (refusal) => this.refused(refusal.message),
			onAnswer: ({ at }, asked) => options.clock.answer(at, asked),
		});
		for (const name of ["pause", "play", "playing", "waiting", "ended"])
			video.addEventListener(name, onChange);
		video.addEventListener("canplay", () => void this.start());
		window.addEventListener("online", () => this.awake());
		window.addEventListener("offline", onChange);
		document.addEventListener("visibilitychange", () => this.hidden());
		window.addEventListener("pagehide", () => this.keepPlace());
		window.setInterval(() => this.tick(), 250);
		reportRegularly(() => this.report());
	}

	/** What the room says of its picture. */
	update(channel: ChannelChanged | null, signals: Readonly<Record<string, SignalChanged>>): void {
		const before = this.channel;
		this.channel = channel;
		this.signals = signals;
		this.known = true;
		if (channel && before?.id !== channel.id) this.takePlace(channel.id);
		if (channel?.state === "live") {
			this.drainUntil = null;
			if (before?.id !== channel.id || before.state !== "live") void this.open();
			else if (!this.chosen) this.show();
		} else if (channel?.state === "ended" && this.engine.loaded) {
			// What was released before the end is still on its way to this screen.
			this.drainUntil ??= performance.now() + DRAIN_MS;
		} else this.close();
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

	/** What is watched is no broadcast, and never was one to this viewer. */
	get recorded(): boolean {
		return this.options.place === "recording";
	}

	get isOpen(): boolean {
		return this.engine.loaded;
	}

	/** When the camera saw what is on the screen, for the questions asked at it. */
	shownAt(): string | null {
		const released = this.engine.hasPicture ? this.engine.shownAt() : null;
		return released && new Date(captureTime(this.delays, released.getTime())).toISOString();
	}

	/** While the delay fills up: seconds until the picture goes on. */
	get picturesIn(): number | null {
		const released = this.engine.shownAt();
		const until = released && buildingUntil(this.delays, released.getTime());
		return until && released ? (until - released.getTime()) / 1000 : null;
	}

	/** What can be gone back to and what is on the screen, in the theatre's time (ms). */
	get reach(): { from: number; to: number; at: number } | null {
		const reach = this.engine.reach();
		const at = this.engine.shownAt()?.getTime();
		if (!reach || at === undefined) return null;
		const capture = (date: number) => captureTime(this.delays, date);
		return { from: capture(reach.from), to: capture(reach.to), at: capture(Math.min(at, reach.to)) };
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
		const reach = this.reach;
		if (reach) this.goTo(reach.at + seconds * 1000);
	}

	/** To a moment of the theatre (ms). */
	goTo(captured: number): void {
		const reach = this.reach;
		if (!reach) return;
		if (captured >= reach.to - 1000 && this.engine.live) {
			this.goLive();
			return;
		}
		this.back = true;
		this.engine.goTo(releaseTime(this.delays, captured));
		this.changed();
	}

	/** A camera of the viewer's own choice; null: the director's again. */
	choose(feed: string | null): void {
		this.chosen = feed;
		this.show();
		void this.sound.play();
		this.keepPlace();
		this.changed();
	}

	layOut(layout?: Layout): void {
		this.angles.setLayout(layout ?? nextLayout(this.angles.layout, this.engine.feeds.length));
		this.keepPlace();
	}

	listen(on: boolean): void {
		if (this.listening === on) return;
		this.listening = on;
		this.options.keeper.set("konsilium.listen", on ? "on" : "off");
		if (this.engine.loaded) this.load();
		this.changed();
	}

	/** An interpreter's language; null: the theatre's own sound. */
	hear(language: string | null): void {
		this.sound.language = language;
		this.engine.hear(language);
	}

	private get delays() {
		return this.channel?.delays ?? [];
	}

	private show(): void {
		const { engine } = this;
		const feed = feedToShow(engine.feeds, this.chosen, this.channel?.programme ?? null);
		if (feed && engine.feed !== feed) {
			if (engine.feed !== null && engine.hasPicture && !engine.soundOnly) this.angles.change(feed);
			engine.choose(feed);
		}
		this.angles.arrange(engine.feed, engine.loaded && !this.listening && engine.feeds.length > 1);
	}

	private async open(): Promise<void> {
		const grant = await this.grant.hold();
		if (!grant || this.channel?.state !== "live" || this.engine.loaded) return;
		this.load();
		this.changed();
	}

	private load(): void {
		const { channel, engine } = this;
		if (!channel) return;
		this.angles.close();
		const alone = this.listening && Boolean(channel.listen_url);
		engine.feed = alone ? null : (this.chosen ?? channel.programme ?? null);
		engine.load(alone ? channel.listen_url : channel.master_url, alone);
	}

	private close(): void {
		this.drainUntil = null;
		this.grant.drop();
		this.angles.close();
		if (this.engine.loaded) this.engine.clear();
		this.engine.wanted = null;
		this.back = false;
		this.delay = null;
	}

	private refused(message: string): void {
		// After the end nobody needs a right to see what is already here.
		if (this.drainUntil !== null) return;
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
		if (grant) this.engine.goOn();
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
		if (this.engine.loaded && this.engine.live) this.stayLive(this.engine.distance());
		this.changed();
	}

	private async start(): Promise<void> {
		// Who had gone back goes on there after a reload; who paused stays paused.
		if (this.options.video.paused && (!this.back || !this.engine.played)) await this.sound.play();
		this.changed();
	}

	private tick(): void {
		const { engine } = this;
		if (!engine.loaded) return;
		if (engine.hasPicture && !engine.stalled) this.refusals = 0;
		if (this.drainUntil !== null && (engine.over || performance.now() > this.drainUntil)) {
			this.close();
			this.changed();
			return;
		}
		const distance = engine.distance();
		if (engine.live) this.stayLive(distance);
		engine.keepPace(!this.back && engine.live);
		const shown = engine.shownAt()?.getTime();
		this.keepPlace(shown);
		this.delay = steadyDelay(
			this.delay,
			shown === undefined ? null : (this.options.clock.now() - captureTime(this.delays, shown)) / 1000,
		);
		this.changed();
	}

	private stayLive(distance: number): void {
		if (this.back && !this.options.video.paused && !this.options.video.seeking && distance < 1)
			this.back = false;
		if (!this.back && this.engine.hasPicture && distance > DRIFT_S) this.engine.goLive();
	}

	private takePlace(channel: string): void {
		const { at, feed, layout } = this.places.read(channel);
		this.chosen = feed;
		this.angles.layout = this.options.place === "desk" ? 1 : layout;
		this.engine.wanted = at;
		this.back = at !== null;
	}

	private keepPlace(shown = this.engine.shownAt()?.getTime()): void {
		if (!this.channel || this.options.place === "desk") return;
		if (this.engine.hasPicture) this.engine.wanted = this.back || this.recorded ? (shown ?? null) : null;
		this.places.write(this.channel.id, {
			at: this.engine.wanted,
			feed: this.chosen,
			layout: this.angles.layout,
		});
	}

	private report() {
		const { engine, channel } = this;
		if (!channel || !engine.hasPicture || !engine.live || this.delay === null || document.hidden) return null;
		const stalls = engine.stalls - this.reportedStalls;
		this.reportedStalls = engine.stalls;
		const url = channel.master_url.replace(/[^/]*$/, "report");
		return { url, report: { behind_s: Number(this.delay.toFixed(2)), stalls, feed: engine.feed } };
	}

	private changed(): void {
		const { engine } = this;
		const { video } = this.options;
		const none = !engine.hasPicture;
		const draining = this.drainUntil !== null;
		this.status = statusOf({
			online: navigator.onLine,
			refusal: this.refusal,
			channel: draining ? "live" : (this.channel?.state ?? (this.known ? "none" : "live")),
			signal:
				draining || this.channel?.showing?.kind === "recording"
					? null
					: (this.signalOf(engine.feed)?.signal ?? null),
			picture: none
				? "none"
				: video.paused && engine.played && !video.ended
					? "paused"
					: engine.stalled
						? "stalled"
						: "playing",
			behind: this.delay,
			back: this.back,
			building: this.picturesIn !== null,
			failing: engine.failures + this.refusals > 2,
		});
		this.show();
		this.options.onChange();
	}
}
