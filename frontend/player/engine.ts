// hls.js (or the browser's own player) around one <video>: loads, recovers, changes cameras. It knows no room.
import Hls, { type ErrorData, type HlsConfig } from "hls.js";
import { backOff } from "../room/link.ts";
import { type FeedChoice, feedKey, feedsOf, rungFor } from "./feeds.ts";
import { Pace } from "./pace.ts";

export interface EngineEvents {
	onChange: () => void;
	/** The origin does not accept our grant; load again once there is a new one. */
	onUnauthorised: () => void;
}

const patient = {
	maxTimeToFirstByteMs: 9000,
	maxLoadTimeMs: 20_000,
	timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
	// A media plane that restarts is back within five seconds.
	errorRetry: {
		maxNumRetry: 8,
		retryDelayMs: 250,
		maxRetryDelayMs: 1500,
		backoff: "exponential" as const,
		shouldRetry: (
			_policy: unknown,
			_count: number,
			_timeout: boolean,
			response?: { code?: number },
			retry?: boolean,
		) => (response?.code === 401 || response?.code === 403 ? false : (retry ?? true)),
	},
};

const LOW_LATENCY: Partial<HlsConfig> = {
	lowLatencyMode: true,
	// Which camera to load is known only once the list has been read.
	autoStartLoad: false,
	// Remuxing is nothing for fragmented MP4; a worker costs a hop for every part and 41 kB (docs/decisions/0010).
	enableWorker: false,
	// Pace does this, closer to the edge.
	maxLiveSyncPlaybackRate: 1,
	liveSyncOnStallIncrease: 0.3,
	maxBufferLength: 8,
	maxMaxBufferLength: 16,
	backBufferLength: 45,
	liveDurationInfinity: true,
	startFragPrefetch: true,
	testBandwidth: false,
	enableDateRangeMetadataCues: false,
	enableEmsgMetadataCues: false,
	enableID3MetadataCues: false,
	detectStallWithCurrentTimeMs: 800,
	highBufferWatchdogPeriod: 1,
	manifestLoadPolicy: { default: patient },
	playlistLoadPolicy: { default: patient },
	fragLoadPolicy: { default: patient },
};

/** Without progress for this long, although it should play, everything is built anew. */
const STUCK_MS = 6000;

export class Engine {
	feeds: FeedChoice[] = [];
	feed: string | null = null;
	/** Null: the network decides. */
	height: number | null = null;
	hasPicture = false;
	stalled = false;
	/** It has played since it was loaded: a video that stands still now was paused by somebody. */
	played = false;
	failures = 0;
	/** Loads nothing until `reload`. */
	resting = false;
	private readonly video: HTMLVideoElement;
	private readonly events: EngineEvents;
	private hls: Hls | null = null;
	private url = "";
	private retry: ReturnType<typeof setTimeout> | null = null;
	private watch: ReturnType<typeof setInterval> | null = null;
	private recoveredAt = 0;
	private lastTime = -1;
	private movedAt = 0;
	private level: number | null = null;
	private readonly pace = new Pace();

	constructor(video: HTMLVideoElement, events: EngineEvents) {
		this.video = video;
		this.events = events;
		video.addEventListener("playing", () => {
			this.played = true;
			this.moved();
		});
		video.addEventListener("loadeddata", () => this.moved());
		video.addEventListener("seeking", () => this.pace.restart());
		video.addEventListener("waiting", () => {
			if (!video.seeking && this.hasPicture) this.pace.stalled(performance.now());
		});
	}

	get loaded(): boolean {
		return this.url !== "";
	}

	load(url: string): void {
		this.clear();
		this.url = url;
		this.movedAt = performance.now();
		this.watch = setInterval(() => this.check(), 250);
		this.build();
	}

	/** The picture goes at once, frame and buffer included. */
	clear(): void {
		this.url = "";
		if (this.retry) clearTimeout(this.retry);
		if (this.watch) clearInterval(this.watch);
		this.retry = null;
		this.watch = null;
		this.destroy();
		this.feeds = [];
		this.failures = 0;
	}

	rest(): void {
		this.resting = true;
		this.hls?.stopLoad();
	}

	/** Once more with a new grant, or after sleep. */
	reload(): void {
		if (this.url) this.rebuild(0);
	}

	choose(feed: string): void {
		this.feed = feed;
		this.level = null;
		this.apply(true);
		this.events.onChange();
	}

	chooseHeight(height: number | null): void {
		this.height = height;
		this.apply(true);
		this.events.onChange();
	}

	/** The moment that is on the screen, on the theatre's clock; null where the playlist does not tell. */
	shownAt(): Date | null {
		if (this.hls) return this.hls.playingDate;
		const native = this.video as HTMLVideoElement & { getStartDate?: () => Date };
		const start = native.getStartDate?.().getTime();
		return start ? new Date(start + this.video.currentTime * 1000) : null;
	}

	/** Seconds between the picture and where live play would be. */
	distance(): number {
		const sync = this.livePosition();
		return sync === null ? 0 : sync - this.video.currentTime;
	}

	goLive(): void {
		const sync = this.livePosition();
		if (sync !== null) this.video.currentTime = sync;
	}

	move(seconds: number): void {
		const { seekable, currentTime } = this.video;
		const start = seekable.length ? seekable.start(0) + 1 : 0;
		const end = this.livePosition() ?? currentTime;
		this.video.currentTime = Math.min(end, Math.max(start, currentTime + seconds));
	}

	private livePosition(): number | null {
		if (this.hls) return this.hls.liveSyncPosition;
		const { seekable } = this.video;
		return seekable.length ? seekable.end(seekable.length - 1) : null;
	}

	private build(): void {
		const { url, video } = this;
		if (!Hls.isSupported()) {
			if (video.canPlayType("application/vnd.apple.mpegurl")) video.src = url;
			return;
		}
		const foreign = new URL(url, location.href).origin !== location.origin;
		const hls = new Hls({
			...LOW_LATENCY,
			xhrSetup: (request) => {
				request.withCredentials = foreign;
			},
		});
		this.hls = hls;
		// By now hls.js has sorted its levels by size; the origin's order says which camera comes first.
		hls.on(Hls.Events.MANIFEST_LOADED, (_name, { levels }) => {
			this.manifest(levels.map((level) => feedKey(level.url)));
			hls.startLoad();
		});
		hls.on(Hls.Events.FRAG_BUFFERED, () => this.adapt());
		hls.on(Hls.Events.LEVEL_SWITCHED, () => this.events.onChange());
		hls.on(Hls.Events.ERROR, (_name, data) => this.error(data));
		hls.loadSource(url);
		hls.attachMedia(video);
	}

	private destroy(): void {
		const { video } = this;
		this.hls?.destroy();
		this.hls = null;
		this.level = null;
		this.hasPicture = false;
		this.stalled = false;
		this.played = false;
		this.lastTime = -1;
		video.removeAttribute("src");
		video.load();
	}

	private manifest(order: string[]): void {
		this.feeds = feedsOf(
			(this.hls?.levels ?? []).map(({ uri, name, height, bitrate }) => ({ url: uri, name, height, bitrate })),
		).sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key));
		if (!this.feeds.some(({ key }) => key === this.feed)) this.feed = this.feeds[0]?.key ?? null;
		this.apply(false);
		this.events.onChange();
	}

	private apply(now: boolean): void {
		const { hls } = this;
		const feed = this.feeds.find(({ key }) => key === this.feed);
		if (!hls || !feed) return;
		const rung =
			feed.rungs.find(({ height }) => height === this.height) ??
			rungFor(feed, hls.bandwidthEstimate || Number.POSITIVE_INFINITY, this.level);
		if (!rung || rung.level === this.level) return;
		const first = this.level === null && !now;
		this.level = rung.level;
		if (first) {
			hls.startLevel = rung.level;
			hls.loadLevel = rung.level;
		} else if (now) hls.currentLevel = rung.level;
		else hls.nextLevel = rung.level;
	}

	private adapt(): void {
		const feed = this.feeds.find(({ key }) => key === this.feed);
		if (this.height === null && feed && feed.rungs.length > 1) this.apply(false);
	}

	private moved(): void {
		this.movedAt = performance.now();
		this.failures = 0;
		const changed = !this.hasPicture || this.stalled;
		this.hasPicture = this.video.videoWidth > 0;
		this.stalled = false;
		if (changed) this.events.onChange();
	}

	/** Keeps close to the theatre: `live` is false for those who went back on purpose. */
	keepPace(live: boolean): void {
		const { video } = this;
		if (video.paused || video.seeking) return;
		const ahead = this.inStore();
		const rate = live && ahead !== null ? this.pace.rate(ahead, performance.now()) : 1;
		if (video.playbackRate !== rate) video.playbackRate = rate;
	}

	/** Seconds that are here and not yet shown; null between two places. */
	inStore(): number | null {
		const { buffered, currentTime } = this.video;
		for (let index = 0; index < buffered.length; index++)
			if (buffered.start(index) <= currentTime + 0.1 && currentTime <= buffered.end(index))
				return buffered.end(index) - currentTime;
		return null;
	}

	private check(): void {
		const { video } = this;
		if (this.resting) return;
		if (video.currentTime !== this.lastTime && video.readyState >= 2) {
			this.lastTime = video.currentTime;
			this.moved();
			return;
		}
		if (video.paused && this.played) {
			this.movedAt = performance.now();
			return;
		}
		const still = performance.now() - this.movedAt;
		const stalled = still > 1200;
		if (stalled !== this.stalled) {
			this.stalled = stalled;
			this.events.onChange();
		}
		// Without a network the last frame says more than nothing; `reload` follows when it is back.
		if (still > STUCK_MS && !this.retry && navigator.onLine)
			this.rebuild(backOff(this.failures++, Math.random(), 300, 8000));
	}

	private error(data: ErrorData): void {
		const status = data.response?.code;
		if (status === 401 || status === 403) {
			this.events.onUnauthorised();
			return;
		}
		if (!data.fatal) return;
		if (data.type === Hls.ErrorTypes.MEDIA_ERROR && performance.now() - this.recoveredAt > 5000) {
			this.recoveredAt = performance.now();
			this.hls?.recoverMediaError();
			return;
		}
		this.rebuild(backOff(this.failures++, Math.random(), 300, 8000));
	}

	private rebuild(wait: number): void {
		if (this.retry) clearTimeout(this.retry);
		this.resting = false;
		this.hls?.stopLoad();
		this.retry = setTimeout(() => {
			this.retry = null;
			this.movedAt = performance.now();
			if (!this.url) return;
			this.destroy();
			this.build();
			this.events.onChange();
		}, wait);
		this.events.onChange();
	}
}
