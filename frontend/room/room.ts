// One live page: the room's state, the way to it and the way back. Panels read it and call `send`.
import { type CommandName, type Commands, EFFECTS, type RoomState, type You } from "../contracts/rooms.ts";
import { showToast } from "../site/toast.ts";
import type { Bootstrap } from "./bootstrap.ts";
import { ServerClock } from "./clock.ts";
import { csrf } from "./csrf.ts";
import { Drafts } from "./drafts.ts";
import { useTimeZone } from "./format.ts";
import { Twice } from "./hold.ts";
import { lasting, ofThisTab } from "./keep.ts";
import type { Link } from "./link.ts";
import { t, useMessages } from "./messages.ts";
import { type Command, type Manner, Outbox, type Outcome } from "./outbox.ts";
import { watchPage } from "./page.ts";
import { Socket } from "./socket.ts";
import { StopLine } from "./stop-line.ts";
import { type Part, Store } from "./store.ts";

const MODE = "konsilium.network";

export class Room {
	readonly page: Bootstrap;
	readonly clock = new ServerClock();
	readonly drafts: Drafts;
	readonly outbox: Outbox;
	readonly socket: Socket;
	readonly store = new Store(EFFECTS);
	readonly stopLine: StopLine;
	readonly twice = new Twice(() => this.changed());
	me: You;
	watching = 0;
	private readonly listeners = new Set<() => void>();
	private drawing = false;

	constructor(page: Bootstrap) {
		this.page = page;
		this.me = { ...page.you, commands: [] };
		useMessages(page.messages, page.language, page.languages);
		useTimeZone(page.time_zone);
		const device = lasting();
		const tab = ofThisTab();
		this.drafts = new Drafts(device, page.room, page.you.id);
		this.outbox = new Outbox({
			url: page.commands_url,
			room: page.room,
			person: page.you.id,
			csrf: () => csrf(page.csrf),
			device,
			tab,
			onChange: () => this.changed(),
			onSettled: (command, outcome) => this.settled(command, outcome),
		});
		const learnt = Number(tab.get(MODE) ?? 0);
		this.socket = new Socket({
			snapshotUrl: page.snapshot_url,
			eventsUrl: page.events_url,
			store: this.store,
			clock: this.clock,
			pollFirst: Date.now() - learnt < 600_000,
			onMode: (mode) => (mode === "poll" ? tab.set(MODE, String(Date.now())) : tab.remove(MODE)),
			onLink: (link) => this.linked(link),
			onPresence: (presence) => this.present(presence),
			onSnapshot: (snapshot) => this.snapshot(snapshot),
		});
		this.stopLine = new StopLine({
			url: () => this.state.channel?.stop_url ?? page.stop_url ?? null,
			token: () => page.stop_token ?? null,
			onChange: () => this.changed(),
		});
		this.store.subscribe((event) => {
			// A fresh snapshot may hide that it went on meanwhile: then nothing is claimed any more.
			if (event === null || event.type === "operation.opened" || event.type === "operation.resumed")
				this.stopLine.forget();
			this.changed();
		});
	}

	get state(): RoomState {
		return this.store.state as RoomState;
	}

	/** Until the first snapshot nothing is known, not even that there is nothing. */
	get isKnown(): boolean {
		return this.me.commands.length > 0 || this.store.version > 0 || this.socket.link.kind === "open";
	}

	start(): void {
		watchPage(this.socket);
		this.socket.start();
		this.outbox.start();
	}

	may(name: CommandName): boolean {
		// Whoever holds a stop grant may stop, also while the room has not answered yet.
		return this.me.commands.includes(name) || (name === "operation.stop" && !!this.page.stop_token);
	}

	send<N extends CommandName>(name: N, data: Commands[N], manner: Manner = {}): Promise<Outcome> {
		return this.outbox.send(name, data as unknown as Part, manner);
	}

	/** Calls the listener in the next frame after anything changed, and once now. */
	onChange(listener: () => void): void {
		this.listeners.add(listener);
		this.changed();
	}

	changed(): void {
		if (this.drawing) return;
		this.drawing = true;
		requestAnimationFrame(() => {
			this.drawing = false;
			for (const listener of this.listeners) listener();
		});
	}

	private linked(link: Link): void {
		if (link.kind === "open") this.outbox.kick();
		this.changed();
	}

	private present(presence: unknown): void {
		this.watching = Number((presence as { watching?: number } | null)?.watching ?? this.watching);
		this.changed();
	}

	private snapshot(snapshot: Record<string, unknown>): void {
		this.me = snapshot["you"] as You;
		this.present(snapshot);
	}

	private settled(command: Command, outcome: Outcome): void {
		if (outcome.kind === "done") {
			if ((outcome.result as Part | null)?.["overtaken"])
				showToast(t("Somebody has decided since. Look, and decide again."), "error");
			return;
		}
		const text = command.data["text"];
		if (typeof text === "string") this.drafts.giveBack(fieldOf(command), text);
		const why = outcome.kind === "refused" ? outcome.message : t("The connection was lost too long.");
		showToast(`${t("This was not done.")} ${why}`.trim(), "error");
	}
}

const fieldOf = (command: Command): string =>
	command.name === "question.ask" ? "ask" : `edit.${String(command.data["id"])}`;
