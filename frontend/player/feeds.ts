// Angles and qualities. The master playlist lists every rendition as a variant; those whose playlists lie in
// the same folder show the same camera. Which camera to watch is the viewer's choice and never the network's.

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
}

export interface FeedChoice {
	key: string;
	name: string;
	/** Best first. */
	rungs: Rung[];
}

export const feedKey = (url: string): string => /\/([^/]+)\/[^/?#]+(?:[?#]|$)/.exec(url)?.[1] ?? url;

export function feedsOf(levels: LevelFacts[]): FeedChoice[] {
	const feeds = new Map<string, FeedChoice>();
	for (const [level, { url, name, height, bitrate }] of levels.entries()) {
		const key = feedKey(url);
		const feed = feeds.get(key) ?? { key, name, rungs: [] };
		feed.rungs.push({ level, height, bitrate });
		feeds.set(key, feed);
	}
	for (const feed of feeds.values()) feed.rungs.sort((a, b) => b.bitrate - a.bitrate);
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
