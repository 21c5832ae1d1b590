// How loud it is, drawn while only the sound is played. The sound itself is never led through here: a browser that
// refuses to measure still plays.

type Captured = HTMLVideoElement & {
	captureStream?: () => MediaStream;
	mozCaptureStream?: () => MediaStream;
};

const BARS = 24;

export class LevelMeter {
	private readonly video: Captured;
	private canvas: HTMLCanvasElement | null = null;
	private analyser: AnalyserNode | null = null;
	private context: AudioContext | null = null;

	constructor(video: HTMLVideoElement) {
		this.video = video;
	}

	/** Draws onto this canvas from now on, or rests. */
	show(canvas: HTMLCanvasElement | null): void {
		const rested = this.canvas === null;
		this.canvas = canvas;
		if (!canvas) {
			void this.context?.close();
			this.context = null;
			this.analyser = null;
		} else if (rested) this.beat();
	}

	private beat(): void {
		if (!this.canvas) return;
		this.analyser ??= this.listen();
		this.draw(this.canvas);
		setTimeout(() => requestAnimationFrame(() => this.beat()), 60);
	}

	private listen(): AnalyserNode | null {
		const capture = this.video.captureStream ?? this.video.mozCaptureStream;
		if (!capture || this.video.readyState < 2) return null;
		try {
			const stream = capture.call(this.video);
			if (stream.getAudioTracks().length === 0) return null;
			this.context = new AudioContext();
			const analyser = this.context.createAnalyser();
			analyser.fftSize = 64;
			analyser.smoothingTimeConstant = 0.7;
			this.context.createMediaStreamSource(stream).connect(analyser);
			return analyser;
		} catch {
			return null;
		}
	}

	private draw(canvas: HTMLCanvasElement): void {
		const paint = canvas.getContext("2d");
		if (!paint) return;
		const { width, height } = canvas;
		const levels = new Uint8Array(BARS);
		this.analyser?.getByteFrequencyData(levels);
		paint.clearRect(0, 0, width, height);
		paint.fillStyle = getComputedStyle(canvas).color;
		const step = width / BARS;
		for (const [index, level] of levels.entries()) {
			const size = Math.max(3, (level / 255) * height);
			paint.fillRect(index * step + 1, (height - size) / 2, step - 3, size);
		}
	}
}
