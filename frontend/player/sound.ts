import type { Keeper } from "../room/keep.ts";

/** Under this the interpreter's language is kept, for every room on this device. */
const LANGUAGE = "konsilium.voice";

/** Volume and muting, as this person left them. A browser may refuse sound until somebody touches the page. */
export class Sound {
	/** Sound was wanted and refused: one press turns it on. */
	refused = false;
	private readonly video: HTMLVideoElement;
	private readonly keeper: Keeper;
	private readonly key: string;

	/** A desk's picture is silent until somebody wants to hear it, a room's is not: `place` keeps them apart. */
	constructor(video: HTMLVideoElement, keeper: Keeper, place: "room" | "desk", onChange: () => void) {
		this.video = video;
		this.keeper = keeper;
		this.key = `konsilium.sound.${place}`;
		const { muted, volume } = read(keeper.get(this.key), place === "desk");
		video.muted = muted;
		video.volume = volume;
		video.addEventListener("volumechange", onChange);
	}

	/** The interpreter's language that was chosen; null: the theatre's own sound. */
	get language(): string | null {
		return this.keeper.get(LANGUAGE);
	}

	set language(language: string | null) {
		if (language === null) this.keeper.remove(LANGUAGE);
		else this.keeper.set(LANGUAGE, language);
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
		this.keeper.set(this.key, JSON.stringify({ muted, volume }));
	}
}

function read(kept: string | null, silent: boolean): { muted: boolean; volume: number } {
	try {
		const { muted = silent, volume } = JSON.parse(kept ?? "{}");
		return { muted: muted === true, volume: typeof volume === "number" ? volume : 1 };
	} catch {
		return { muted: silent, volume: 1 };
	}
}
