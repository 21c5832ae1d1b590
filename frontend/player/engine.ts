// hls.js (or the browser's own player) around one <video>: loads, recovers, changes cameras. It knows no room.
import Hls, { type ErrorData } from "hls.js";
import { backOff } from "../room/link.ts";
import { isRefusal, LOW_LATENCY, RECORDED_BUFFER_S, wholeSegments, withCookies } from "./config.ts";
import { type FeedChoice, feedKey, feedsOf, type Rung, rungFor } from "./feeds.ts";
import { dateAt, firstDate, positionAt, stretchesOf } from "./moments.ts";
import { Pace } from "./pace.ts";

export interface EngineEvents {
	onChange: () => void;
	/** The origin does not accept our grant; load again once there is a new one. */
	onUnauthorised: () => void;
	/** From here on the picture is that of the camera that was chosen. */
	onSwitched?: () => void;
}

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
	/** The playlist goes on; false for a recording and after the end of a broadcast. */
	live = true;
	/** Only sound is loaded, on purpose. */
	soundOnly = false;
	/** The interpreter's language that is to be heard where there is one; null: the theatre's own sound. */
	heard: string | null = null;
	/** Where to begin (ms) whenever it is built anew; null: at the edge. */
	wanted: number | null = null;
	/** How often the picture stood still without anybody wanting it. */
	stalls = 0;
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
	/** Segments of the new camera that have been on the screen since it was chosen; null: none was. */
	private shownOfNew: number | null = null;
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

	load(url: string, soundOnly = false): void {
		this.clear();
		this.url = url;
		this.soundOnly = soundOnly;
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
		this.live = true;
	}

	rest(): void {
		this.resting = true;
		this.hls?.stopLoad();
	}

	/** Once more, after sleep. */
	reload(): void {
		if (this.url) this.rebuild(0);
	}

	/** Goes on loading with a new grant; what is on the screen stays there. */
	goOn(): void {
		if (!this.hls || !this.played) this.reload();
		else this.hls.startLoad(-1);
	}

	/** Another camera. Nothing that is in store is thrown away, so that the sound goes on. */
	choose(feed: string): void {
		if (this.feed === feed) return;
		this.feed = feed;
		this.shownOfNew = this.hasPicture ? 0 : null;
		this.apply();
		this.events.onChange();
	}

	chooseHeight(height: number | null): void {
		this.height = height;
		this.apply();
		this.events.onChange();
	}

	/** The camera that is being shown and its qualities. */
	get choice(): FeedChoice | undefined {
		return this.feeds.find(({ key }) => key === this.feed);
	}

	/** What can be heard: languages of interpreters, null for the theatre's own sound. */
	get voices(): (string | null)[] {
		return this.hls?.audioTracks.map(({ lang }) => lang || null) ?? [];
	}

	get voice(): string | null {
		return this.voices[this.hls?.audioTrack ?? -1] ?? null;
	}

	hear(language: string | null): void {
		this.heard = language;
		const index = this.voices.indexOf(language);
		if (this.hls && index >= 0 && this.hls.audioTrack !== index) this.hls.audioTrack = index;
		this.events.onChange();
	}

	/** The moment that is on the screen, on the theatre's clock; null where the playlist does not tell. */
	shownAt(): Date | null {
		if (this.hls) {
			const date = dateAt(stretchesOf(this.hls), this.video.currentTime);
			return date === null ? null : new Date(date);
		}
		const native = this.video as HTMLVideoElement & { getStartDate?: () => Date };
		const start = native.getStartDate?.().getTime();
		return start ? new Date(start + this.video.currentTime * 1000) : null;
	}

	/** Seconds between the picture and where live play would be. */
	distance(): number {
		const sync = this.livePosition();
		return sync === null ? 0 : sync - this.video.currentTime;
	}

	/** The part of the broadcast that can be gone back to, as dates (ms); null until the playlist is known. */
	reach(): { from: number; to: number } | null {
		const stretches = stretchesOf(this.hls);
		const first = stretches[0];
		const edge = this.live ? this.livePosition() : this.end();
		const to = edge === null ? null : dateAt(stretches, edge);
		return first && to !== null ? { from: first.date, to } : null;
	}

	goLive(): void {
		const sync = this.live ? this.livePosition() : this.end();
		if (sync !== null) this.video.currentTime = sync;
	}

	/** To what was released at this date (ms), as near as there is something. */
	goTo(date: number): void {
		const reach = this.reach();
		if (!reach) return;
		// At the very end a recording would only say that it is over.
		const last = this.live ? reach.to : reach.to - 500;
		const position = positionAt(stretchesOf(this.hls), Math.min(last, Math.max(reach.from, date)));
		if (position !== null) this.video.currentTime = position;
	}

	/** Nothing more will come, and all of it has been shown. */
	get over(): boolean {
		const end = this.end();
		return this.video.ended || (!this.live && end !== null && this.video.currentTime > end - 0.3);
	}

	private end(): number | null {
		const last = stretchesOf(this.hls).at(-1);
		return last ? last.start + last.duration : null;
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
		const hls = new Hls({ ...LOW_LATENCY, ...(this.soundOnly ? wholeSegments(url) : withCookies(url)) });
		this.hls = hls;
		// By now hls.js has sorted its levels by size; the origin's order says which camera comes first.
		hls.on(Hls.Events.MANIFEST_LOADED, (_name, { levels }) => {
			this.manifest(levels.map((level) => feedKey(level.url)));
			void this.begin(hls);
		});
		hls.on(Hls.Events.FRAG_BUFFERED, () => this.adapt());
		hls.on(Hls.Events.AUDIO_TRACKS_UPDATED, () => this.hear(this.heard));
		hls.on(Hls.Events.LEVEL_LOADED, (_name, { details }) => this.listed(details.live));
		hls.on(Hls.Events.FRAG_CHANGED, (_name, { frag }) => this.entered(frag.level));
		hls.on(Hls.Events.LEVEL_SWITCHING, (_name, { level }) => this.keepLevel(level));
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
		this.shownOfNew = null;
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
		if (!this.choice) this.feed = this.feeds[0]?.key ?? null;
		this.apply(true);
		this.events.onChange();
	}

	private apply(first = false): void {
		const { hls } = this;
		const rung = this.rungNow();
		if (!hls || !rung || rung.level === this.level) return;
		this.level = rung.level;
		if (first) hls.startLevel = rung.level;
		hls.loadLevel = rung.level;
	}

	/** After errors hls.js would try another level, which is another camera. */
	private keepLevel(level: number): void {
		if (this.level === null || level === this.level) return;
		queueMicrotask(() => {
			if (this.hls && this.level !== null) this.hls.loadLevel = this.level;
		});
	}

	private rungNow(): Rung | undefined {
		const { choice } = this;
		return (
			choice?.rungs.find(({ height }) => height === this.height) ??
			(choice && rungFor(choice, this.hls?.bandwidthEstimate || Number.POSITIVE_INFINITY, this.level))
		);
	}

	private adapt(): void {
		if (this.height === null && (this.choice?.rungs.length ?? 0) > 1) this.apply();
	}

	/** A playlist came: whether more will follow. */
	private listed(live: boolean): void {
		const { hls } = this;
		if (!hls) return;
		if (this.live !== live) {
			this.live = live;
			this.events.onChange();
		}
		if (!live) hls.config.maxBufferLength = RECORDED_BUFFER_S;
	}

	/** At the edge, or where this viewer was: hls.js has to know before it loads anything. */
	private async begin(hls: Hls): Promise<void> {
		const url = hls.levels[this.level ?? 0]?.uri;
		const first = this.wanted !== null && url ? await firstDate(url) : null;
		const position = first === null || this.wanted === null ? -1 : Math.max(0, (this.wanted - first) / 1000);
		if (this.hls === hls) hls.startLoad(position);
	}

	/** Another segment is on the screen. The second one of a new camera is certainly its own from the first frame. */
	private entered(level: number): void {
		if (this.shownOfNew === null || level !== this.level) return;
		this.shownOfNew += 1;
		if (this.shownOfNew < 2) return;
		this.shownOfNew = null;
		this.events.onSwitched?.();
	}

	private moved(): void {
		this.movedAt = performance.now();
		this.failures = 0;
		const changed = !this.hasPicture || this.stalled;
		this.hasPicture = this.soundOnly || this.video.videoWidth > 0;
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
		if ((video.paused && this.played) || video.ended) {
			this.movedAt = performance.now();
			return;
		}
		const still = performance.now() - this.movedAt;
		const stalled = still > 1200;
		if (stalled !== this.stalled) {
			this.stalled = stalled;
			if (stalled && this.played) this.stalls += 1;
			this.events.onChange();
		}
		// Without a network the last frame says more than nothing; `reload` follows when it is back.
		if (still > STUCK_MS && !this.retry && navigator.onLine)
			this.rebuild(backOff(this.failures++, Math.random(), 300, 8000));
	}

	private error(data: ErrorData): void {
		const status = data.response?.code;
		if (isRefusal(status)) {
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
