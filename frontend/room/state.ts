// Readings of the room's state that more than one panel needs. Pure.
import type { QuestionData, RoomState } from "../contracts/rooms.ts";

const byPlace = (a: QuestionData, b: QuestionData): number =>
	(a.position ?? Number.MAX_SAFE_INTEGER) - (b.position ?? Number.MAX_SAFE_INTEGER) ||
	a.asked_at.localeCompare(b.asked_at);
const byAge = (a: QuestionData, b: QuestionData): number =>
	a.asked_at.localeCompare(b.asked_at) || a.id.localeCompare(b.id);
const byAnswer = (a: QuestionData, b: QuestionData): number =>
	(b.answered_at ?? "").localeCompare(a.answered_at ?? "");

export const allQuestions = (state: RoomState): QuestionData[] => Object.values(state.questions ?? {});

const inState = (state: RoomState, wanted: QuestionData["state"]): QuestionData[] =>
	allQuestions(state).filter((question) => question.state === wanted);

/** Waiting for the moderator, oldest first. */
export const comingIn = (state: RoomState): QuestionData[] => inState(state, "asked").sort(byAge);
/** Chosen for the theatre, in the order in which it gets them. */
export const queue = (state: RoomState): QuestionData[] => inState(state, "approved").sort(byPlace);
export const answering = (state: RoomState): QuestionData | undefined => inState(state, "answering")[0];
/** Last answered first. */
export const answered = (state: RoomState): QuestionData[] => inState(state, "answered").sort(byAnswer);
export const dismissed = (state: RoomState): QuestionData[] => inState(state, "dismissed").sort(byAge);

export type BroadcastAct = "operation.open" | "operation.stop" | "operation.resume" | "operation.end";

/** Without a connection "stopped" and "not on air yet" are what was so when it was lost. */
export function mayBeOnAir(state: RoomState, lost: boolean): boolean {
	const known = state.operation?.state;
	return known === "on_air" || (lost && known !== "ended");
}

/** What can be done to the broadcast now; a stop whenever there may be something to stop. */
export function broadcastActs(state: RoomState, lost: boolean): BroadcastAct[] {
	if (mayBeOnAir(state, lost)) return ["operation.stop"];
	if (state.operation?.state === "scheduled") return ["operation.open"];
	return state.operation?.state === "stopped" ? ["operation.resume", "operation.end"] : [];
}

export const isQuiet = (state: RoomState): boolean => state.quiet?.on === true;

/** What the board in the theatre shows: the question being answered, the one it was turned to, or the first. */
export function onBoard(state: RoomState): QuestionData | undefined {
	const chosen = queue(state);
	return answering(state) ?? chosen.find(({ id }) => id === state.board?.shown) ?? chosen[0];
}

/** The one after it, round to the first; undefined when there is no other. */
export function afterOnBoard(state: RoomState, step = 1): QuestionData | undefined {
	const chosen = queue(state);
	const shown = onBoard(state);
	const place = chosen.findIndex(({ id }) => id === shown?.id);
	if (place < 0) return chosen[0];
	const next = chosen[(place + step + chosen.length) % chosen.length];
	return next?.id === shown?.id ? undefined : next;
}
