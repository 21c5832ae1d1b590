// Where somebody was in a broadcast and how they watched it, over a reload of the page: kept by this tab.
import type { Keeper } from "../room/keep.ts";
import type { Layout } from "./angles.ts";

export interface Place {
	/** The moment of release that was on the screen (ms), if the viewer had gone back. */
	at: number | null;
	/** The camera they chose themselves. */
	feed: string | null;
	layout: Layout;
}

const NOWHERE: Place = { at: null, feed: null, layout: 1 };

export class Places {
	private readonly keeper: Keeper;

	constructor(keeper: Keeper) {
		this.keeper = keeper;
	}

	read(channel: string): Place {
		try {
			const { at, feed, layout } = JSON.parse(this.keeper.get(name(channel)) ?? "{}");
			return {
				at: typeof at === "number" ? at : null,
				feed: typeof feed === "string" ? feed : null,
				layout: layout === 2 || layout === 4 ? layout : 1,
			};
		} catch {
			return NOWHERE;
		}
	}

	write(channel: string, place: Place): void {
		const text = JSON.stringify(place);
		if (text !== this.keeper.get(name(channel))) this.keeper.set(name(channel), text);
	}
}

const name = (channel: string): string => `konsilium.place.${channel}`;
