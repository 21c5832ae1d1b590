// One more camera beside the picture that leads: its own muted <video>, kept in step with the leader by the dates
// of their playlists. The sound comes from the leader alone.
import Hls from "hls.js";
import { backOff } from "../room/link.ts";
import { isRefusal, LOW_LATENCY, sparing } from "./config.ts";
import { dateAt, positionAt, stretchesOf } from "./moments.ts";
import { Step } from "./step.ts";

export interface Leader {
	/** The moment on its screen (ms), or null. */
	date: () => number | null;
	rate: () => number;
	paused: () => boolean;
}

const BEAT_MS = 100;
/** A camera that is loaded has been waited for: it begins so much further on, and waits there if it was quick. */
const LOADING_MS = 400;
/** Further off than this it will jump, and is not to be seen before. */
const NEAR_S = 0.6;
const STUCK_MS = 8000;

export class Tile {
	readonly feed: string;
	readonly frame = document.createElement("button");
	readonly video = document.createElement("video");
	/** How far it is behind the leader (s); null while it shows nothing. */
	behind: number | null = null;
	private readonly url: string;
	private readonly leader: Leader;
	private readonly step = new Step();
	private readonly beat: ReturnType<typeof setInterval>;
	private hls: Hls | null = null;
	private retry: ReturnType<typeof setTimeout> | null = null;
	private failures = 0;
	private placed = false;
	/** It is ahead, and stands still until the leader has come. */
	private waiting = false;
	private movedAt = 0;
	private lastTime = -1;

	/** `url` is the camera's own media playlist, which is without sound. */
	constructor(feed: string, label: string, url: string, leader: Leader) {
		this.feed = feed;
		this.url = url;
		this.leader = leader;
		this.video.muted = true;
		this.video.playsInline = true;
		const name = document.createElement("span");
		name.textContent = label;
		this.frame.type = "button";
		this.frame.className = "tile";
		this.frame.dataset["feed"] = feed;
		this.frame.append(this.video, name);
		this.build();
		this.beat = setInterval(() => this.follow(), BEAT_MS);
	}

	/** It can be shown, and falls into step while it is seen: over a line of 80 ms that takes another second or two. */
	get isNear(): boolean {
		return this.behind !== null && Math.abs(this.behind) < NEAR_S;
	}

	get hasPicture(): boolean {
		return this.video.readyState >= 2 && this.video.videoWidth > 0;
	}

	close(): void {
		clearInterval(this.beat);
		if (this.retry) clearTimeout(this.retry);
		this.hls?.destroy();
		this.hls = null;
		this.video.removeAttribute("src");
		this.video.load();
		this.frame.remove();
	}

	private build(): void {
		this.movedAt = performance.now();
		this.placed = false;
		if (!Hls.isSupported()) return;
		const hls = new Hls({
			...LOW_LATENCY,
			...sparing(this.url),
			backBufferLength: 10,
		});
		this.hls = hls;
		hls.on(Hls.Events.LEVEL_LOADED, () => this.place());
		hls.on(Hls.Events.ERROR, (_name, { fatal, response }) => {
			if (fatal || isRefusal(response?.code)) this.rebuild();
		});
		hls.loadSource(this.url);
		hls.attachMedia(this.video);
	}

	private rebuild(): void {
		if (this.retry) return;
		this.retry = setTimeout(
			() => {
				this.retry = null;
				this.hls?.destroy();
				this.build();
			},
			backOff(this.failures++, Math.random(), 500, 8000),
		);
	}

	/** Begins where the leader is, which may be half an hour ago. */
	private place(): void {
		if (this.placed) return;
		this.placed = true;
		const date = this.leader.date();
		const position = date === null ? null : positionAt(stretchesOf(this.hls), date + LOADING_MS);
		this.hls?.startLoad(position ?? -1);
	}

	private follow(): void {
		const { video, leader } = this;
		this.watch();
		const date = leader.date();
		const mine = dateAt(stretchesOf(this.hls), video.currentTime);
		if (date === null || mine === null || video.readyState < 1 || video.seeking) {
			this.behind = null;
			this.waiting = false;
			this.play(!leader.paused());
			return;
		}
		const behind = (date - mine) / 1000;
		this.behind = this.hasPicture ? behind : null;
		this.frame.dataset["behind"] = behind.toFixed(3);
		const move = this.step.next(behind, performance.now());
		this.waiting = move.kind === "wait";
		this.play(!leader.paused() && !this.waiting);
		if (move.kind === "wait") return;
		if (move.kind === "rate") {
			const rate = leader.rate() * move.rate;
			if (Math.abs(video.playbackRate - rate) > 0.001) video.playbackRate = rate;
			return;
		}
		const position = positionAt(stretchesOf(this.hls), date + move.ahead * 1000);
		if (position !== null) video.currentTime = position;
	}

	private play(on: boolean): void {
		const { video } = this;
		if (!on && !video.paused) video.pause();
		else if (on && video.paused) void video.play().catch(() => {});
	}

	private watch(): void {
		const { video } = this;
		const still = this.waiting || this.leader.paused() || this.leader.date() === null;
		if (video.currentTime !== this.lastTime || still) {
			this.lastTime = video.currentTime;
			this.movedAt = performance.now();
			if (this.hasPicture) this.failures = 0;
		} else if (performance.now() - this.movedAt > STUCK_MS && navigator.onLine) {
			this.movedAt = performance.now();
			this.rebuild();
		}
	}
}
