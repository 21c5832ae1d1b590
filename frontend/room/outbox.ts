// Commands on their way. Each has an id made here; a repeat of the id gets the first answer, so sending again
// is always safe, and what was typed is kept until the server has it.
import { newId } from "./ids.ts";
import type { Keeper } from "./keep.ts";
import { BusyError, backOff, checked, Pause, RefusedError } from "./link.ts";
import type { Json } from "./store.ts";

export interface Command {
	id: string;
	name: string;
	data: Record<string, Json>;
	made: number;
	/** Until when it still makes sense: a question for hours, "answering now" for moments. */
	until: number;
	/** Kept on the device for this person, or only by this tab. */
	keep: "device" | "tab";
	/** Does not wait behind the others. */
	urgent: boolean;
}

export type Outcome =
	| { kind: "done"; version: number; result: Json }
	| { kind: "refused"; status: number; code: string; message: string }
	| { kind: "expired" };

export interface OutboxOptions {
	url: string;
	room: string;
	person: string;
	csrf: () => string;
	device: Keeper;
	tab: Keeper;
	onChange?: () => void;
	onSettled?: (command: Command, outcome: Outcome) => void;
	random?: () => number;
	timeout?: number;
	firstRetry?: number;
	mostRetry?: number;
}

export interface Manner {
	keep?: "device" | "tab";
	urgent?: boolean;
	lifeMs?: number;
	/** The same act twice (a double click, a bouncing pedal) is one command. */
	once?: string;
	/** How long it is the same; afterwards it is meant anew. */
	onceMs?: number;
}

const HOURS = 3_600_000;
/** What the server takes for an age: older than this is as good as this. */
const OLDEST_MS = 3_600_000;

export class Outbox {
	private readonly options: OutboxOptions;
	private readonly prefix: string;
	private readonly waiting = new Map<string, Command>();
	private readonly promises = new Map<
		string,
		{ give: (outcome: Outcome) => void; promise: Promise<Outcome> }
	>();
	private readonly acts = new Map<string, string>();
	/** By the clock that nobody sets: a workstation that comes back into its network may get another time. */
	private readonly begun = new Map<string, number>();
	private readonly lanes = {
		usual: { busy: false, pause: new Pause() },
		urgent: { busy: false, pause: new Pause() },
	};
	private stopped = false;

	constructor(options: OutboxOptions) {
		this.options = options;
		this.prefix = `konsilium.outbox.${options.room}.${options.person}.`;
	}

	/** Takes up what an earlier page could not deliver. */
	start(): void {
		for (const keeper of [this.options.device, this.options.tab]) {
			for (const key of keeper.keys().filter((name) => name.startsWith(this.prefix))) {
				const command = parse(keeper.get(key));
				if (command) this.waiting.set(command.id, command);
				else keeper.remove(key);
			}
		}
		this.kick();
	}

	stop(): void {
		this.stopped = true;
		this.kick();
	}

	/** Commands not yet confirmed, oldest first. */
	pending(): Command[] {
		return [...this.waiting.values()].sort((a, b) => a.made - b.made);
	}

	isPending(act: string): boolean {
		return this.acts.has(act);
	}

	send(name: string, data: Record<string, Json>, manner: Manner = {}): Promise<Outcome> {
		const running = this.underWay(manner, name, data);
		if (running) return running;
		const made = Date.now();
		const keep = manner.keep ?? "tab";
		const life = manner.lifeMs ?? (keep === "device" ? 12 * HOURS : 30_000);
		const command: Command = {
			id: newId(),
			name,
			data,
			made,
			until: made + life,
			keep,
			urgent: !!manner.urgent,
		};
		this.keeper(command).set(this.prefix + command.id, JSON.stringify(command));
		this.waiting.set(command.id, command);
		this.begun.set(command.id, performance.now());
		let give: (outcome: Outcome) => void = () => {};
		const promise = new Promise<Outcome>((resolve) => {
			give = resolve;
		});
		this.promises.set(command.id, { give, promise });
		if (manner.once !== undefined) this.acts.set(manner.once, command.id);
		this.options.onChange?.();
		this.kick();
		return promise;
	}

	/** The very same, still on its way. Another wish for the same thing, as the next camera, is a command of its own. */
	private underWay(
		{ once, onceMs = Number.POSITIVE_INFINITY }: Manner,
		name: string,
		data: Record<string, Json>,
	): Promise<Outcome> | undefined {
		const command = this.waiting.get(this.acts.get(once ?? "") ?? "");
		if (command === undefined || this.ageOf(command) > onceMs) return undefined;
		const same = command.name === name && JSON.stringify(command.data) === JSON.stringify(data);
		return same ? this.promises.get(command.id)?.promise : undefined;
	}

	/** How long ago it was asked for: what is sent again comes late, and the server has to know. */
	private ageOf({ id, made }: Command): number {
		const begun = this.begun.get(id);
		const age = begun === undefined ? Date.now() - made : performance.now() - begun;
		return Math.round(Math.min(OLDEST_MS, Math.max(0, age)));
	}

	/** Now is a good moment: the connection is back. */
	kick(): void {
		for (const lane of ["usual", "urgent"] as const) {
			this.lanes[lane].pause.cut();
			void this.work(lane);
		}
	}

	private async work(name: "usual" | "urgent"): Promise<void> {
		const lane = this.lanes[name];
		if (lane.busy) return;
		lane.busy = true;
		let tries = 0;
		try {
			for (let next = this.next(name); next && !this.stopped; next = this.next(name)) {
				const outcome = await this.post(next);
				if (!this.waiting.has(next.id)) continue;
				if (outcome !== null && typeof outcome === "object") {
					tries = 0;
					this.settle(next, outcome);
					continue;
				}
				const { random = Math.random, firstRetry, mostRetry = 8000 } = this.options;
				await lane.pause.wait(Math.max(outcome ?? 0, backOff(tries++, random(), firstRetry, mostRetry)));
			}
		} finally {
			lane.busy = false;
		}
	}

	private next(lane: "usual" | "urgent"): Command | undefined {
		const now = Date.now();
		for (const command of this.pending()) {
			if (now > command.until) this.settle(command, { kind: "expired" });
			else if (command.urgent === (lane === "urgent")) return command;
		}
		return undefined;
	}

	/** The outcome, or how long the server wants us to wait (null: it did not say). */
	private async post(command: Command): Promise<Outcome | number | null> {
		const { url, csrf, timeout = 10_000 } = this.options;
		const controller = new AbortController();
		const timer = setTimeout(() => controller.abort(), timeout);
		try {
			const { id, name, data } = command;
			const response = await checked(
				await fetch(url, {
					method: "POST",
					headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf() },
					credentials: "same-origin",
					body: JSON.stringify({ id, name, data, age_ms: this.ageOf(command) }),
					signal: controller.signal,
				}),
			);
			const { version, result } = await response.json();
			return { kind: "done", version, result };
		} catch (error) {
			if (error instanceof BusyError) return error.after;
			// Signed out: the command waits until its author is back.
			if (!(error instanceof RefusedError) || error.status === 401) return null;
			return { kind: "refused", status: error.status, code: error.code, message: error.message };
		} finally {
			clearTimeout(timer);
		}
	}

	private settle(command: Command, outcome: Outcome): void {
		this.waiting.delete(command.id);
		this.begun.delete(command.id);
		// Whoever listens first saves the text of a refused question; only then is our copy dropped.
		this.options.onSettled?.(command, outcome);
		this.keeper(command).remove(this.prefix + command.id);
		for (const [act, id] of this.acts) if (id === command.id) this.acts.delete(act);
		this.promises.get(command.id)?.give(outcome);
		this.promises.delete(command.id);
		this.options.onChange?.();
	}

	private keeper(command: Command): Keeper {
		return command.keep === "device" ? this.options.device : this.options.tab;
	}
}

function parse(text: string | null): Command | null {
	try {
		const command = JSON.parse(text ?? "") as Command;
		return typeof command.id === "string" && typeof command.name === "string" ? command : null;
	} catch {
		return null;
	}
}
