// Full screen and picture in picture, with what each browser has.

interface OldVideo extends HTMLVideoElement {
	webkitSetPresentationMode?: (mode: "picture-in-picture" | "inline") => void;
	webkitPresentationMode?: string;
}

export class Screen {
	/** Fills the window where the browser has no full screen for elements (iPhone): the watermark stays on. */
	filling = false;
	private readonly stage: HTMLElement;
	private readonly video: OldVideo;
	private readonly onChange: () => void;

	constructor(stage: HTMLElement, video: HTMLVideoElement, onChange: () => void) {
		this.stage = stage;
		this.video = video;
		this.onChange = onChange;
		document.addEventListener("fullscreenchange", onChange);
		video.addEventListener("enterpictureinpicture", onChange);
		video.addEventListener("leavepictureinpicture", onChange);
	}

	get isFull(): boolean {
		return document.fullscreenElement === this.stage || this.filling;
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
		if (document.fullscreenElement) void document.exitFullscreen();
		else if (this.filling || !this.stage.requestFullscreen) this.fill(!this.filling);
		else this.stage.requestFullscreen().catch(() => this.fill(true));
	}

	leaveFull(): void {
		if (this.filling) this.fill(false);
	}

	togglePip(): void {
		const { video } = this;
		if (document.pictureInPictureElement) void document.exitPictureInPicture();
		else if (document.pictureInPictureEnabled) video.requestPictureInPicture().catch(() => {});
		else video.webkitSetPresentationMode?.(this.isPip ? "inline" : "picture-in-picture");
	}

	private fill(filling: boolean): void {
		this.filling = filling;
		this.onChange();
	}
}
