// How loud it is, drawn while only the sound is played. The sound itself is never led through here: a browser that
// refuses to measure still plays.

type Captured = Pick<HTMLVideoElement, "addEventListener"> & {
	/** Missing in Safari and in Firefox before 149. Firefox's mozCaptureStream is not used: it takes the sound away. */
	captureStream?: () => MediaStream;
};

const BARS = 24;
const BEAT_MS = 60;

export class LevelMeter {
	private readonly video: Captured;
	private canvas: HTMLCanvasElement | null = null;
	private analyser: AnalyserNode | null = null;
	private source: MediaStreamAudioSourceNode | null = null;

	constructor(video: Captured) {
		this.video = video;
		// A browser that lets no sound through before somebody touches the page measures none either.
		for (const name of ["playing", "volumechange"] as const)
			video.addEventListener(name, () => void this.context?.resume().catch(() => {}));
	}

	/** Draws onto this canvas from now on, or rests. */
	show(canvas: HTMLCanvasElement | null): void {
		const rested = this.canvas === null;
		this.canvas = canvas;
		if (!canvas) this.close();
		else if (rested) this.listen();
		// Bars that never move would say that nothing is heard.
		if (canvas) canvas.hidden = this.analyser === null;
	}

	private get context(): AudioContext | undefined {
		return this.analyser?.context as AudioContext | undefined;
	}

	/** One context and one stream for as long as it is shown: browsers count both, and a context keeps a thread. */
	private listen(): void {
		if (!this.video.captureStream) return;
		try {
			const stream = this.video.captureStream();
			const analyser = new AudioContext().createAnalyser();
			analyser.fftSize = 64;
			analyser.smoothingTimeConstant = 0.7;
			this.analyser = analyser;
			// The sound may come later, and comes anew whenever the player is built anew.
			stream.addEventListener("addtrack", () => this.connect(stream, analyser));
			this.connect(stream, analyser);
			this.beat(analyser);
		} catch {
			this.close();
		}
	}

	private connect(stream: MediaStream, analyser: AnalyserNode): void {
		if (this.analyser !== analyser || stream.getAudioTracks().length === 0) return;
		this.source?.disconnect();
		this.source = (analyser.context as AudioContext).createMediaStreamSource(stream);
		this.source.connect(analyser);
	}

	private close(): void {
		void this.context?.close().catch(() => {});
		this.analyser = null;
		this.source = null;
	}

	private beat(analyser: AnalyserNode): void {
		if (!this.canvas || this.analyser !== analyser) return;
		this.draw(this.canvas, analyser);
		setTimeout(() => requestAnimationFrame(() => this.beat(analyser)), BEAT_MS);
	}

	private draw(canvas: HTMLCanvasElement, analyser: AnalyserNode): void {
		const paint = canvas.getContext("2d");
		if (!paint) return;
		const { width, height } = canvas;
		const levels = new Uint8Array(BARS);
		analyser.getByteFrequencyData(levels);
		paint.clearRect(0, 0, width, height);
		paint.fillStyle = getComputedStyle(canvas).color;
		const step = width / BARS;
		for (const [index, level] of levels.entries()) {
			const size = Math.max(3, (level / 255) * height);
			paint.fillRect(index * step + 1, (height - size) / 2, step - 3, size);
		}
	}
}
