// What the viewer is told about the picture: one honest state from everything known. No DOM, no clock.

export type Signal = "none" | "starting" | "live" | "lost" | "unreadable";

export interface Facts {
	online: boolean;
	/** Null: we may watch, or do not know yet. */
	refusal: string | null;
	channel: "none" | "ready" | "live" | "stopped" | "ended";
	/** Of the feed that is being watched; null while unknown. */
	signal: Signal | null;
	picture: "none" | "playing" | "stalled" | "paused";
	/** Seconds behind what happens in the theatre. */
	behind: number | null;
	/** The viewer went back on purpose. */
	back: boolean;
	/** A raised safety delay fills up: a slate is shown meanwhile. */
	building: boolean;
	/** The origin has refused or failed us at least twice in a row. */
	failing: boolean;
}

export type StatusKind =
	| "refused"
	| "scheduled"
	| "stopped"
	| "ended"
	| "offline"
	| "connecting"
	| "starting"
	| "no_signal"
	| "building"
	| "signal_lost"
	| "unreadable"
	| "stalled"
	| "trouble"
	| "paused"
	| "back"
	| "live";

/** Order is precedence: who has no right is told nothing else, a stop comes before any technical trouble. */
export function statusOf(facts: Facts): StatusKind {
	if (facts.refusal !== null) return "refused";
	if (facts.channel === "stopped") return "stopped";
	if (facts.channel === "ended") return "ended";
	if (facts.channel === "none" || facts.channel === "ready") return "scheduled";
	const seen = facts.picture === "playing" || facts.picture === "paused";
	if (!facts.online && !seen) return "offline";
	if (seen && facts.building) return "building";
	if (facts.signal === "lost") return "signal_lost";
	if (facts.signal === "unreadable") return "unreadable";
	if (facts.signal === "none") return "no_signal";
	if (facts.picture === "paused") return "paused";
	if (facts.picture === "none") return withoutPicture(facts);
	if (facts.picture === "stalled") return facts.failing ? "trouble" : "stalled";
	return facts.back ? "back" : "live";
}

function withoutPicture({ signal, failing }: Facts): StatusKind {
	if (failing) return "trouble";
	return signal === "starting" ? "starting" : "connecting";
}

/** States in which there is nothing to see: the words take the place of the picture. */
const INSTEAD = new Set<StatusKind>([
	"refused",
	"scheduled",
	"stopped",
	"ended",
	"offline",
	"connecting",
	"starting",
	"trouble",
]);

export const coversPicture = (kind: StatusKind, hasPicture: boolean): boolean =>
	["refused", "stopped", "ended", "building"].includes(kind) || (INSTEAD.has(kind) && !hasPicture);

/** Steadies the displayed delay: tenths that flicker are read by nobody. */
export function steadyDelay(shown: number | null, measured: number | null): number | null {
	if (measured === null || !Number.isFinite(measured)) return null;
	const honest = Math.max(0, measured);
	if (shown === null || Math.abs(honest - shown) > 1.5) return honest;
	return shown + (honest - shown) * 0.3;
}
