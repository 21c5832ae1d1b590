// What the director's desk knows and may do: the room, the media plane's line, and the desk's own small state.
import type { ChannelChanged } from "../../contracts/rooms.ts";
import { showToast } from "../../site/toast.ts";
import type { Bootstrap } from "../bootstrap.ts";
import { csrf } from "../csrf.ts";
import { type ChannelStatus, DeskLine, type DoorStatus } from "../desk-line.ts";
import { t } from "../messages.ts";
import type { Outcome } from "../outbox.ts";
import type { Room } from "../room.ts";

export interface DeskFeed {
	key: string;
	door: string;
	title: Record<string, string>;
	port: number | null;
	passphrase: string | null;
	srt: string | null;
	closed: boolean;
	/** Its sound is the room's. */
	sound: boolean;
	/** Of an interpreter's sound, which has no picture; null for a camera. */
	language?: string | null;
}

/** A film or recording that can be shown in place of the theatre. */
export interface Showable {
	id: string;
	title: string;
	duration_s: number | null;
	chosen?: boolean;
}

export interface DirectorBootstrap extends Bootstrap {
	director: {
		desk_url: string;
		desk_grant_url: string;
		thumbnails_url: string;
		feeds: DeskFeed[];
		/** What can be wrong with a sender, in words. */
		troubles: Record<string, string>;
		recordings: Showable[];
		recordings_url?: string;
		log_url?: string;
		preflight_url?: string;
	};
}

export class Desk {
	readonly room: Room;
	readonly line: DeskLine;
	readonly page: DirectorBootstrap["director"];
	/** Whose passphrase is on the screen. */
	revealed: string | null = null;

	constructor(room: Room, page: DirectorBootstrap, onLevels: () => void) {
		this.room = room;
		this.page = page.director;
		this.line = new DeskLine({
			url: page.director.desk_url,
			grantUrl: page.director.desk_grant_url,
			csrf: () => csrf(page.csrf),
			onStatus: onLevels,
			onChange: () => room.changed(),
		});
	}

	get feeds(): DeskFeed[] {
		return this.page.feeds;
	}

	get cameras(): DeskFeed[] {
		return this.feeds.filter(({ language }) => !language);
	}

	get thumbnails(): string {
		return this.page.thumbnails_url;
	}

	get channel(): ChannelChanged | undefined {
		return this.room.state.channel;
	}

	/** The feed that is shown to whoever has not chosen one. */
	get programme(): string | null {
		return this.channel?.programme ?? this.cameras[0]?.key ?? null;
	}

	get status(): ChannelStatus | null {
		const id = this.channel?.id;
		return (id && this.line.status?.channels[id]) || null;
	}

	doorOf(feed: DeskFeed): DoorStatus | undefined {
		return this.line.status?.doors[feed.door];
	}

	isClosed(feed: DeskFeed): boolean {
		return this.room.state.signal?.[feed.key]?.closed ?? feed.closed;
	}

	show(feed: DeskFeed): void {
		if (!this.room.may("channel.programme") || feed.language || feed.key === this.programme) return;
		void this.room.send("channel.programme", { feed: feed.key }, { once: "programme" });
	}

	toggle(feed: DeskFeed): void {
		const name = this.isClosed(feed) ? "feed.open" : "feed.close";
		void this.room.send(name, { feed: feed.key }, { once: `feed:${feed.key}` });
	}

	setDelay(seconds: number): Promise<Outcome> {
		return this.room.send("channel.delay", { seconds }, { once: "delay" });
	}

	setSlate(on: boolean): void {
		void this.room.send("channel.slate", { on }, { once: "slate" });
	}

	showRecording(recording: string): void {
		void this.room.send("channel.show_recording", { recording }, { once: "showing" });
	}

	showLive(): void {
		void this.room.send("channel.show_live", {}, { once: "showing" });
	}

	reveal({ key }: DeskFeed): void {
		this.revealed = this.revealed === key ? null : key;
		this.room.changed();
	}

	copy(text: string): void {
		const done = () => showToast(t("Copied."), "success");
		// Plain http has no clipboard for scripts but the old way.
		if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => copyOldWay(text, done));
		else copyOldWay(text, done);
	}
}

function copyOldWay(text: string, done: () => void): void {
	const field = document.createElement("textarea");
	field.value = text;
	field.className = "visually-hidden";
	document.body.append(field);
	field.select();
	if (document.execCommand("copy")) done();
	field.remove();
}
