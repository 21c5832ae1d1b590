// The room's state in the browser: a snapshot, and the events after it. No DOM, clock or network here; the
// same reducer runs in Python (rooms.decisions.reduce), and the tests of both read the same fixtures.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Part = { [key: string]: Json };
export type State = Readonly<Record<string, Json>>;

export interface RoomEvent {
	v: number;
	type?: string;
	at?: string;
	media_time?: string | null;
	data?: Part;
}

export type Effect =
	| { kind: "put"; part: string }
	| { kind: "drop"; part: string }
	| { kind: "replace"; part: string }
	| { kind: "nothing" };
export type Effects = Readonly<Record<string, Effect>>;

const isPart = (value: Json | undefined): value is Part =>
	typeof value === "object" && value !== null && !Array.isArray(value);

export const partOf = (state: State, name: string): Part => {
	const part = state[name];
	return isPart(part) ? part : {};
};

/** The state after the event. An event we may not see (a bare number) or do not know changes nothing. */
export function reduce(state: State, event: RoomEvent, effects: Effects): State {
	if (event.type === undefined || event.data === undefined) return state;
	const effect = effects[event.type];
	if (effect === undefined || effect.kind === "nothing") return state;
	if (effect.kind === "replace") return { ...state, [effect.part]: event.data };
	const id = String(event.data["id"]);
	const part = partOf(state, effect.part);
	if (effect.kind === "put") return { ...state, [effect.part]: { ...part, [id]: event.data } };
	const { [id]: _gone, ...rest } = part;
	return { ...state, [effect.part]: rest };
}

/** What an arriving event is to a state at `version`: the next one, an old one, or proof that some are missing. */
export const placeOf = (version: number, event: RoomEvent): "next" | "old" | "gap" =>
	event.v === version + 1 ? "next" : event.v <= version ? "old" : "gap";

type Listener = (event: RoomEvent | null) => void;

/** Holds state and version together; only the socket feeds it. */
export class Store {
	state: State = {};
	version = 0;
	private readonly effects: Effects;
	private readonly listeners = new Set<Listener>();

	constructor(effects: Effects) {
		this.effects = effects;
	}

	subscribe(listener: Listener): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}

	start(version: number, state: State): void {
		this.version = version;
		this.state = state;
		this.tell(null);
	}

	/** False when events are missing in between: the caller has to catch up. */
	apply(event: RoomEvent): boolean {
		const place = placeOf(this.version, event);
		if (place === "gap") return false;
		if (place === "old") return true;
		this.version = event.v;
		this.state = reduce(this.state, event, this.effects);
		this.tell(event);
		return true;
	}

	private tell(event: RoomEvent | null): void {
		for (const listener of this.listeners) listener(event);
	}
}
