// Full screen and picture in picture, with what each browser has.

interface OldVideo extends HTMLVideoElement {
	webkitSetPresentationMode?: (mode: "picture-in-picture" | "inline") => void;
	webkitPresentationMode?: string;
}

/**
 * In full screen the picture fills the page, and the page the screen: in a full-screen element of its own the
 * questions, a toast or the words of a lost line would be behind it, seen by nobody. An iPhone has no full screen for
 * elements, and nothing else has to be different there.
 */
export class Screen {
	isFull = false;
	private readonly video: OldVideo;
	private readonly onChange: () => void;

	constructor(video: HTMLVideoElement, onChange: () => void) {
		this.video = video;
		this.onChange = onChange;
		document.addEventListener("fullscreenchange", () => this.fill(document.fullscreenElement !== null));
		video.addEventListener("enterpictureinpicture", onChange);
		video.addEventListener("leavepictureinpicture", onChange);
	}

	get hasPip(): boolean {
		return document.pictureInPictureEnabled || typeof this.video.webkitSetPresentationMode === "function";
	}

	get isPip(): boolean {
		return (
			document.pictureInPictureElement === this.video ||
			this.video.webkitPresentationMode === "picture-in-picture"
		);
	}

	toggleFull(): void {
		if (this.isFull) {
			this.leaveFull();
			return;
		}
		this.fill(true);
		document.documentElement.requestFullscreen?.().catch(() => {});
	}

	leaveFull(): void {
		if (document.fullscreenElement) void document.exitFullscreen();
		if (this.isFull) this.fill(false);
	}

	togglePip(): void {
		const { video } = this;
		if (document.pictureInPictureElement) void document.exitPictureInPicture();
		else if (document.pictureInPictureEnabled) video.requestPictureInPicture().catch(() => {});
		else video.webkitSetPresentationMode?.(this.isPip ? "inline" : "picture-in-picture");
	}

	private fill(full: boolean): void {
		this.isFull = full;
		this.onChange();
	}
}
