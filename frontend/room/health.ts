// How a feed is, in plain words. Healthy is quiet: only what is wrong makes a sentence. No DOM, no clock.
import type { DoorStatus } from "./desk-line.ts";
import { seconds } from "./format.ts";
import { plural, t } from "./messages.ts";

export type Level = "ok" | "warning" | "failed" | "off";

export interface Health {
	level: Level;
	/** What is wrong, worst first; nothing when all is well. */
	troubles: string[];
}

export interface FeedFacts {
	closed: boolean;
	/** Everybody hears this feed's sound. */
	sounds: boolean;
	/** Everybody who has not chosen sees it. */
	programme: boolean;
	/** An interpreter's feed has none. */
	picture: boolean;
	/** What the media server can find wrong with a sender. */
	words: Record<string, string>;
}

/** Shorter than this a black or still picture is a cut or a pause of the hand. */
const PATIENCE_S = 4;
const LOUD_DB = -1;
/** Frames per second below which an instrument jumps. The simulated theatre is as it is. */
const SLOW = 20;
/** Speech has pauses: only when nothing at all is louder it is too quiet. */
const SOFT_DB = -38;

export function healthOf(door: DoorStatus | undefined, facts: FeedFacts, now: number): Health {
	if (facts.closed) return { level: "off", troubles: [t("Closed: no encoder is let in.")] };
	if (!door) return { level: "warning", troubles: [t("The media server does not know this feed yet.")] };
	const needed = facts.programme || facts.sounds;
	const bad = (...troubles: string[]): Health => ({ level: needed ? "failed" : "warning", troubles });
	const named = trouble(door, facts);
	switch (door.signal) {
		case "none":
			return bad(t("No signal: no encoder is connected."), ...named);
		case "starting":
			return { level: "warning", troubles: [t("The signal is starting.")] };
		case "lost":
			return bad(t("Signal lost {seconds} s ago.", { seconds: age(door.since, now) ?? 0 }), ...named);
		case "unreadable":
			return bad(...(named.length ? named : [t("The encoder sends something unreadable.")]));
		default:
			return worst([
				...named.map((text): Trouble => ({ level: "warning", text })),
				...(facts.picture && (door.video || !named.length) ? picture(door, now) : []),
				...sound(door, facts, now),
				...line(door),
			]);
	}
}

function trouble({ trouble, sends }: DoorStatus, { words }: FeedFacts): string[] {
	const sentence = trouble ? words[trouble] : undefined;
	return sentence ? [sentence.replaceAll("{sends}", sends)] : [];
}

interface Trouble {
	level: "warning" | "failed";
	text: string;
}

function worst(troubles: Trouble[]): Health {
	const failed = troubles.filter(({ level }) => level === "failed");
	const warnings = troubles.filter(({ level }) => level === "warning");
	return {
		level: failed.length ? "failed" : warnings.length ? "warning" : "ok",
		troubles: [...failed, ...warnings].map(({ text }) => text),
	};
}

function picture({ video, source }: DoorStatus, now: number): Trouble[] {
	if (!video) return [{ level: "failed", text: t("No picture in this signal.") }];
	const black = age(video.black_since, now);
	const frozen = age(video.frozen_since, now);
	if (black !== null && black > PATIENCE_S)
		return [{ level: "failed", text: t("The picture has been black for {seconds} s.", { seconds: black }) }];
	if (frozen !== null && frozen > PATIENCE_S)
		return [
			{ level: "warning", text: t("The picture has not changed for {seconds} s.", { seconds: frozen }) },
		];
	if (source !== "stand_in" && video.fps !== null && video.fps > 0 && video.fps < SLOW)
		return [{ level: "warning", text: t("Only {fps} pictures a second.", { fps: seconds(video.fps) }) }];
	return [];
}

function sound({ audio }: DoorStatus, { sounds }: FeedFacts, now: number): Trouble[] {
	// Silence on a camera whose sound nobody hears is no trouble.
	if (!sounds) return [];
	if (!audio) return [{ level: "failed", text: t("No sound in this signal.") }];
	const silent = age(audio.silent_since, now);
	if (silent !== null)
		return [
			{ level: "failed", text: t("Silence for {seconds} s: is the microphone on?", { seconds: silent }) },
		];
	if (audio.peak_db !== null && audio.peak_db > LOUD_DB)
		return [{ level: "warning", text: t("The sound is too loud and is distorted.") }];
	if (audio.peak_db !== null && audio.peak_db < SOFT_DB)
		return [{ level: "warning", text: t("The sound is very quiet.") }];
	return [];
}

function line({ lost, rung }: DoorStatus): Trouble[] {
	const troubles: Trouble[] = [];
	if (lost > 0)
		troubles.push({
			level: lost > 200 ? "failed" : "warning",
			text: plural(
				lost,
				"{count} packet lost in ten seconds: the line is bad.",
				"{count} packets lost in ten seconds: the line is bad.",
			),
		});
	if (rung === "dropped")
		troubles.push({
			level: "warning",
			text: t("The lower quality is off: the server has no power left for it."),
		});
	return troubles;
}

export function age(since: string | null | undefined, now: number): number | null {
	const moment = Date.parse(since ?? "");
	return Number.isFinite(moment) ? Math.max(0, Math.round((now - moment) / 1000)) : null;
}

export const LOWEST_DB = -60;

/** Where a level stands on the meter, 0 to 1. */
export const onMeter = (db: number | null | undefined): number =>
	db === null || db === undefined ? 0 : Math.min(1, Math.max(0, 1 - db / LOWEST_DB));
