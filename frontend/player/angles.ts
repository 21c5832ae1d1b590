// Several cameras at once, and the change from one to another without a break: the new camera comes up in a tile of
// its own over the old picture while the leader, whose sound goes on, changes over underneath.
import type { FeedChoice } from "./feeds.ts";
import { type Leader, Tile } from "./tile.ts";

export type Layout = 1 | 2 | 4;

/** The next layout that these cameras can fill. */
export function nextLayout(now: Layout, cameras: number): Layout {
	const possible = ([1, 2, 4] as const).filter((layout) => (layout <= 2 ? cameras >= layout : cameras >= 3));
	return possible[(possible.indexOf(now) + 1) % possible.length] ?? 1;
}

/** Which cameras stand beside the leading one, in the order of the cameras; the hand's own order is kept. */
export function beside(
	feeds: readonly string[],
	leading: string | null,
	layout: Layout,
	kept: readonly string[],
): string[] {
	const others = feeds.filter((feed) => feed !== leading);
	const stay = kept.filter((feed) => others.includes(feed));
	return [...stay, ...others.filter((feed) => !stay.includes(feed))].slice(0, layout - 1);
}

/** Longer than this a change is not waited for: the leader shows the new camera by then. */
const CHANGE_MS = 12_000;
/** A hidden page gives the network back. */
const HIDDEN_MS = 4000;

export interface AnglesOptions {
	place: HTMLElement;
	leader: Leader;
	feeds: () => readonly FeedChoice[];
	onChange: () => void;
	/** A press on a tile: it takes the lead. */
	onChosen: (feed: string) => void;
	labelOf: (feed: string) => string;
}

export class Angles {
	layout: Layout = 1;
	/** Beside the leader, in their order. */
	tiles: Tile[] = [];
	private readonly options: AnglesOptions;
	/** Of the leading camera, where it is one of several. */
	private readonly name = document.createElement("span");
	private over: Tile | null = null;
	private overTimer: ReturnType<typeof setTimeout> | null = null;
	private leading: string | null = null;
	private hiddenTimer: ReturnType<typeof setTimeout> | null = null;
	private running = false;

	constructor(options: AnglesOptions) {
		this.options = options;
		this.name.className = "lead-name";
		this.name.hidden = true;
		options.place.append(this.name);
		document.addEventListener("visibilitychange", () => this.seen());
	}

	/** Called whenever cameras, the leading one or the layout may have changed. */
	arrange(leading: string | null, running: boolean): void {
		this.leading = leading;
		this.running = running;
		const feeds = this.options.feeds();
		const wanted =
			running && !this.isAway
				? beside(
						feeds.map(({ key }) => key),
						leading,
						this.layout,
						this.tiles.map(({ feed }) => feed),
					)
				: [];
		for (const tile of this.tiles.filter(({ feed }) => !wanted.includes(feed))) tile.close();
		this.tiles = wanted.flatMap(
			(feed) => this.tiles.find((tile) => tile.feed === feed) ?? this.open(feed) ?? [],
		);
		const { place } = this.options;
		for (const tile of this.tiles) if (tile.frame.parentElement !== place) place.append(tile.frame);
		place.dataset["layout"] = String(this.tiles.length + 1);
		this.name.hidden = leading === null || this.tiles.length === 0;
		const label = leading === null ? "" : this.options.labelOf(leading);
		if (this.name.textContent !== label) this.name.textContent = label;
		if (!running) this.uncover();
	}

	setLayout(layout: Layout): void {
		this.layout = layout;
		this.arrange(this.leading, this.running);
		this.options.onChange();
	}

	/** The camera `feed` is about to lead: its picture first, as soon as there is one. */
	change(feed: string): void {
		this.uncover();
		const known = this.tiles.find((tile) => tile.feed === feed);
		const tile = known ?? this.open(feed);
		if (!tile) return;
		this.over = tile;
		this.tiles = this.tiles.filter((other) => other !== tile);
		tile.frame.classList.add("tile-over");
		tile.frame.toggleAttribute("data-ready", tile.isNear);
		this.options.place.append(tile.frame);
		const look = setInterval(() => {
			if (this.over !== tile) clearInterval(look);
			else if (tile.isNear) tile.frame.setAttribute("data-ready", "");
		}, 50);
		this.overTimer = setTimeout(() => this.uncover(), CHANGE_MS);
	}

	/** The leader itself shows the new camera. */
	uncover(): void {
		if (this.overTimer) clearTimeout(this.overTimer);
		this.over?.close();
		this.over = null;
	}

	close(): void {
		this.arrange(null, false);
	}

	private get isAway(): boolean {
		return document.hidden && this.hiddenTimer === null;
	}

	private open(feed: string): Tile | null {
		const rungs = this.options.feeds().find(({ key }) => key === feed)?.rungs ?? [];
		// In a grid a picture is small: the lower rung is enough, and four cameras fit through one line.
		const rung = this.layout > 1 ? rungs.at(-1) : rungs[0];
		if (!rung) return null;
		const tile = new Tile(feed, this.options.labelOf(feed), rung.url, this.options.leader);
		tile.frame.addEventListener("click", (event) => {
			event.stopPropagation();
			this.options.onChosen(feed);
		});
		return tile;
	}

	private seen(): void {
		if (this.hiddenTimer) clearTimeout(this.hiddenTimer);
		this.hiddenTimer = null;
		if (document.hidden)
			this.hiddenTimer = setTimeout(() => {
				this.hiddenTimer = null;
				this.arrange(this.leading, this.running);
			}, HIDDEN_MS);
		else this.arrange(this.leading, this.running);
	}
}
