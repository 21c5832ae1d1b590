// Angles and qualities. The master playlist lists every rendition as a variant. A rendition's folder is its key;
// `endoscope.low` is the lower rung of `endoscope`. Which camera to watch is the viewer's choice and never the
// network's.

export interface LevelFacts {
	url: string;
	name: string;
	height: number;
	bitrate: number;
}

export interface Rung {
	level: number;
	height: number;
	bitrate: number;
	/** Its media playlist. */
	url: string;
}

export interface FeedChoice {
	key: string;
	name: string;
	/** Best first. */
	rungs: Rung[];
}

const folder = (url: string): string => /\/([^/]+)\/[^/?#]+(?:[?#]|$)/.exec(url)?.[1] ?? url;

const isLower = (url: string): boolean => folder(url).includes(".");

/** The camera that a playlist's address belongs to. */
export const feedKey = (url: string): string => folder(url).replace(/\.[^.]*$/, "");

export function feedsOf(levels: LevelFacts[]): FeedChoice[] {
	const feeds = new Map<string, FeedChoice>();
	for (const [level, { url, name, height, bitrate }] of levels.entries()) {
		const key = feedKey(url);
		const feed = feeds.get(key) ?? { key, name, rungs: [] };
		feed.rungs.push({ level, height, bitrate, url });
		feeds.set(key, feed);
	}
	// By name: a calm picture that is copied may take fewer bits than the lower rung, which is coded to a rate.
	for (const feed of feeds.values())
		feed.rungs.sort((a, b) => Number(isLower(a.url)) - Number(isLower(b.url)) || b.bitrate - a.bitrate);
	return [...feeds.values()];
}

/**
 * The rung for what the network carries (bits a second). Going up needs more room than staying, so that a
 * line at the border does not swing.
 */
export function rungFor(feed: FeedChoice, estimate: number, current: number | null): Rung | undefined {
	const fits = (rung: Rung) => rung.bitrate <= estimate * (rung.level === current ? 0.95 : 0.7);
	return feed.rungs.find(fits) ?? feed.rungs.at(-1);
}

/** Which camera to show: the viewer's own choice, else the director's, else the first there is. */
export function feedToShow(
	feeds: readonly { key: string }[],
	chosen: string | null,
	programme: string | null,
): string | null {
	const there = (key: string | null) => key !== null && feeds.some((feed) => feed.key === key);
	if (there(chosen)) return chosen;
	return there(programme) ? programme : (feeds[0]?.key ?? null);
}
