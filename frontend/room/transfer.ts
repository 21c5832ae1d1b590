// One film on its way to the server, in pieces (tus 1.0): pausing, losing the line and coming back cost at most a piece.
import { type DetailedError, Upload } from "tus-js-client";
import { t } from "./messages.ts";

export interface TransferOptions {
	endpoint: string;
	/** Of an upload that began earlier. */
	url: string | null;
	csrf: () => string;
	onChange: () => void;
	onDone: () => void;
}

type State = "sending" | "waiting" | "paused" | "failed" | "done";

const PIECE = 8 * 1024 * 1024;
const PAUSES = [500, 1000, 2000, 4000, 8000];
/** Of what the speed is measured. */
const WINDOW_MS = 8000;

let count = 0;

export class Transfer {
	readonly file: File;
	readonly key = `transfer-${++count}`;
	state: State = "paused";
	sent = 0;
	trouble = "";
	private readonly options: TransferOptions;
	private readonly upload: Upload;
	private samples: { at: number; sent: number }[] = [];
	private timer: ReturnType<typeof setTimeout> | undefined;

	constructor(file: File, options: TransferOptions) {
		this.file = file;
		this.options = options;
		this.upload = new Upload(file, {
			endpoint: options.endpoint,
			uploadUrl: options.url,
			chunkSize: PIECE,
			retryDelays: PAUSES,
			removeFingerprintOnSuccess: true,
			metadata: {
				filename: file.name,
				filetype: file.type,
				title: file.name.replace(/\.[^.]+$/, ""),
			},
			onBeforeRequest: (request) => request.setHeader("X-CSRFToken", options.csrf()),
			onShouldRetry: (error) => this.goesOn(error),
			onProgress: (sent) => this.progressed(sent),
			onChunkComplete: () => this.taken(),
			onSuccess: () => this.finish(),
			onError: (error) => this.failed(error),
		});
		window.addEventListener("online", () => {
			if (this.state === "waiting") this.again();
		});
	}

	/** The recording that it becomes, once the server has named it. */
	get id(): string {
		return /([0-9a-f-]{36})\/?$/.exec(this.upload.url ?? "")?.[1] ?? "";
	}

	start(): void {
		this.trouble = "";
		this.tell("sending");
		this.again();
	}

	pause(): void {
		clearTimeout(this.timer);
		this.tell("paused");
		void this.upload.abort();
	}

	/** Never mind: what the server has of it goes as well. The sentence that came if it would not. */
	async discard(): Promise<string> {
		clearTimeout(this.timer);
		this.tell("paused");
		try {
			await this.upload.abort(true);
		} catch (error) {
			// Somebody else may have thrown it away before.
			if (statusOf(error as Error) !== 404) return sentence(error as Error) || NO_CONNECTION();
		}
		return "";
	}

	/** Bytes a second, of the last moments. */
	speed(): number {
		const first = this.samples[0];
		const last = this.samples.at(-1);
		if (!first || !last || last.at - first.at < 500) return 0;
		return ((last.sent - first.sent) / (last.at - first.at)) * 1000;
	}

	/** As it stands: what is said of it holds until the server has taken something. */
	private again(): void {
		clearTimeout(this.timer);
		this.samples = [];
		void this.resume();
	}

	private async resume(): Promise<void> {
		if (!this.options.url && !this.upload.url) {
			// The same file was begun in an earlier life of this page.
			const [before] = await this.upload.findPreviousUploads();
			if (before) this.upload.resumeFromPreviousUpload(before);
		}
		if (this.state === "sending" || this.state === "waiting") this.upload.start();
	}

	private progressed(sent: number): void {
		const now = performance.now();
		this.sent = sent;
		this.samples = [...this.samples.filter(({ at }) => now - at < WINDOW_MS), { at: now, sent }];
		// What leaves here may be refused there, by a full disk for one; a line that is back is seen at once.
		if (this.state === "waiting" && !this.trouble) this.state = "sending";
		this.options.onChange();
	}

	private taken(): void {
		if (this.state !== "waiting") return;
		this.trouble = "";
		this.tell("sending");
	}

	private finish(): void {
		this.sent = this.file.size;
		this.tell("done");
		this.options.onDone();
	}

	private goesOn(error: Error | DetailedError): boolean {
		if (isFinal(error)) return false;
		this.waits(error);
		return true;
	}

	private waits(error: Error | DetailedError): void {
		if (this.state === "paused") return;
		this.trouble = sentence(error);
		this.tell("waiting");
	}

	private failed(error: Error | DetailedError): void {
		if (this.state === "paused") return;
		if (isFinal(error)) {
			this.trouble = sentence(error);
			this.tell("failed");
			return;
		}
		// The line is gone for longer, or the disk is full: keep trying, slowly, without anybody's hand.
		this.waits(error);
		this.timer = setTimeout(() => this.again(), 10_000);
	}

	private tell(state: State): void {
		this.state = state;
		this.options.onChange();
	}
}

const statusOf = (error: Error | DetailedError): number =>
	"originalResponse" in error ? (error.originalResponse?.getStatus() ?? 0) : 0;

/** The server understood and said no: asking again brings the same answer. */
function isFinal(error: Error | DetailedError): boolean {
	const status = statusOf(error);
	return status >= 400 && status < 500 && ![408, 409, 423, 425, 429, 460].includes(status);
}

const NO_CONNECTION = (): string => t("There is no connection. Try again.");

/** What the server said; nothing where it said nothing. */
function sentence(error: Error | DetailedError): string {
	const status = statusOf(error);
	if (!status) return "";
	const body = "originalResponse" in error ? error.originalResponse?.getBody() : "";
	try {
		const { message } = JSON.parse(body ?? "");
		if (typeof message === "string" && message) return message;
	} catch {
		// No sentence of ours: a proxy's page, or nothing.
	}
	if (status === 413) return t("The server takes no films of this size.");
	if (status === 401 || status === 403)
		return t("You may not upload here, or your session has ended. Sign in again.");
	if (status >= 500) return t("The server has a fault at the moment ({status}).", { status });
	return t("The server refused this film ({status}).", { status });
}
