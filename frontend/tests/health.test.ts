import assert from "node:assert/strict";
import { test } from "node:test";
import type { DoorStatus } from "../room/desk-line.ts";
import { type FeedFacts, healthOf, type Level, onMeter } from "../room/health.ts";

const NOW = Date.parse("2026-05-04T09:00:30Z");
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

const video = { codec: "h264", width: 1920, height: 1080, fps: 30, frozen_since: null, black_since: null };
const audio = { codec: "aac", channels: 2, rms_db: -20, peak_db: -9, silent_since: null };
const good: DoorStatus = {
	signal: "live",
	source: "encoder",
	since: ago(600),
	bitrate: 4_000_000,
	lost: 0,
	video,
	audio,
	rung: "off",
	thumbnail: "1",
	trouble: null,
	sends: "H.264, AAC",
};
const WORDS = {
	"wrong-passphrase": "An encoder tried to connect with a wrong passphrase.",
	undecodable: "What the encoder sends ({sends}) cannot be decoded.",
};
const facts: FeedFacts = { closed: false, sounds: true, programme: true, picture: true, words: WORDS };

const cases: [string, Partial<DoorStatus> | null, Partial<FeedFacts>, Level, RegExp | null][] = [
	["all is well", {}, {}, "ok", null],
	["closed says nothing else", { signal: "lost" }, { closed: true }, "off", /Closed/],
	["not known yet", null, {}, "warning", /does not know/],
	["the programme feed has no signal", { signal: "none" }, {}, "failed", /No signal/],
	["another feed has none", { signal: "none" }, { sounds: false, programme: false }, "warning", /No signal/],
	["lost", { signal: "lost", since: ago(12) }, {}, "failed", /12 s ago/],
	["unreadable", { signal: "unreadable" }, {}, "failed", /unreadable/],
	[
		"unreadable and known why",
		{ signal: "unreadable", trouble: "undecodable" },
		{},
		"failed",
		/\(H\.264, AAC\)/,
	],
	["a stranger knocks", { trouble: "wrong-passphrase" }, {}, "warning", /wrong passphrase/],
	["a trouble of a later version", { trouble: "moonlight" }, {}, "ok", null],
	["no picture", { video: null }, {}, "failed", /No picture/],
	["an interpreter's feed has none", { video: null }, { picture: false }, "ok", null],
	["black", { video: { ...video, black_since: ago(9) } }, {}, "failed", /black for 9 s/],
	["black for a moment", { video: { ...video, black_since: ago(2) } }, {}, "ok", null],
	["frozen", { video: { ...video, frozen_since: ago(20) } }, {}, "warning", /not changed for 20 s/],
	["no sound", { audio: null }, {}, "failed", /No sound/],
	["no sound where nobody listens", { audio: null }, { sounds: false }, "ok", null],
	["silence", { audio: { ...audio, silent_since: ago(8) } }, {}, "failed", /Silence for 8 s/],
	["too loud", { audio: { ...audio, peak_db: -0.2 } }, {}, "warning", /too loud/],
	["very quiet", { audio: { ...audio, rms_db: -52, peak_db: -44 } }, {}, "warning", /very quiet/],
	["a pause between two words", { audio: { ...audio, rms_db: -52 } }, {}, "ok", null],
	["a bad line", { lost: 12 }, {}, "warning", /12 packets lost/],
	["overload", { rung: "dropped" }, {}, "warning", /lower quality is off/],
];
for (const [title, change, change2, level, words] of cases)
	test(`health: ${title}`, () => {
		const health = healthOf(
			change === null ? undefined : { ...good, ...change },
			{ ...facts, ...change2 },
			NOW,
		);
		assert.equal(health.level, level);
		if (words) assert.match(health.troubles[0] ?? "", words);
		else assert.deepEqual(health.troubles, []);
	});

test("health: no signal, and why", () => {
	const { troubles } = healthOf({ ...good, signal: "none", trouble: "wrong-passphrase" }, facts, NOW);
	assert.deepEqual(troubles, ["No signal: no encoder is connected.", WORDS["wrong-passphrase"]]);
});

test("the meter shows decibels from -60 to 0", () => {
	assert.equal(onMeter(0), 1);
	assert.equal(onMeter(-30), 0.5);
	assert.equal(onMeter(-90), 0);
	assert.equal(onMeter(null), 0);
});
