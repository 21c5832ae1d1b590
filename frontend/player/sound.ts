import type { Keeper } from "../room/keep.ts";

const KEY = "konsilium.sound";

/** Volume and muting, as this person left them. A browser may refuse sound until somebody touches the page. */
export class Sound {
	/** Sound was wanted and refused: one press turns it on. */
	refused = false;
	private readonly video: HTMLVideoElement;
	private readonly keeper: Keeper;

	constructor(video: HTMLVideoElement, keeper: Keeper, onChange: () => void) {
		this.video = video;
		this.keeper = keeper;
		const { muted, volume } = read(keeper);
		video.muted = muted;
		video.volume = volume;
		video.addEventListener("volumechange", onChange);
	}

	get muted(): boolean {
		return this.video.muted || this.video.volume === 0;
	}

	/** Plays with sound if the browser lets us, else without. */
	async play(): Promise<void> {
		const { video } = this;
		try {
			await video.play();
		} catch (error) {
			if (!(error instanceof DOMException) || error.name !== "NotAllowedError" || video.muted) return;
			this.refused = true;
			video.muted = true;
			await video.play().catch(() => {});
		}
	}

	toggle(): void {
		this.set(!this.muted, this.video.volume || 0.8);
	}

	setVolume(volume: number): void {
		this.set(volume === 0, Math.min(1, Math.max(0, volume)));
	}

	private set(muted: boolean, volume: number): void {
		this.refused = false;
		this.video.muted = muted;
		this.video.volume = volume;
		this.keeper.set(KEY, JSON.stringify({ muted, volume }));
	}
}

function read(keeper: Keeper): { muted: boolean; volume: number } {
	try {
		const { muted, volume } = JSON.parse(keeper.get(KEY) ?? "{}");
		return { muted: muted === true, volume: typeof volume === "number" ? volume : 1 };
	} catch {
		return { muted: false, volume: 1 };
	}
}
