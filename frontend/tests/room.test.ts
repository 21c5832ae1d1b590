import assert from "node:assert/strict";
import { test } from "node:test";
import type { QuestionData, RoomState } from "../contracts/rooms.ts";
import { narrow, offsetOf, ServerClock, UNBOUNDED } from "../room/clock.ts";
import { backOff } from "../room/link.ts";
import { inMyLanguage, plural, t, useMessages } from "../room/messages.ts";
import { settle } from "../room/settle.ts";
import { EventStreamParser } from "../room/sse.ts";
import { afterOnBoard, answered, answering, broadcastActs, comingIn, onBoard, queue } from "../room/state.ts";

test("messages fall back to English, and numbers are written the reader's way", () => {
	useMessages({ "{n} s behind": "{n} с позади" }, "ru");
	assert.equal(t("{n} s behind", { n: 1234.5 }), "1234,5 с позади".replace("1234,5", "1\u00a0234,5"));
	assert.equal(t("Not translated"), "Not translated");
	assert.equal(t("{missing} stays"), "{missing} stays");
});

test("plurals take gettext's forms in CLDR's order", () => {
	useMessages({ "{count} question": ["{count} вопрос", "{count} вопроса", "{count} вопросов"] }, "ru");
	const said = [1, 2, 5, 21, 111].map((n) => plural(n, "{count} question", "{count} questions"));
	assert.deepEqual(said, ["1 вопрос", "2 вопроса", "5 вопросов", "21 вопрос", "111 вопросов"]);
	useMessages({ "{count} question": ["{count} сұрақ", "{count} сұрақ"] }, "kk");
	assert.equal(plural(3, "{count} question", "{count} questions"), "3 сұрақ");
	useMessages({}, "en");
	assert.deepEqual(
		[1, 2].map((n) => plural(n, "{count} question", "{count} questions")),
		["1 question", "2 questions"],
	);
});

test("content of organisers is shown in the reader's language, else in another", () => {
	useMessages({}, "kk");
	assert.equal(inMyLanguage({ ru: "Эндоскоп", kk: "Эндоскопия" }), "Эндоскопия");
	assert.equal(inMyLanguage({ ru: "Эндоскоп", en: "Endoscope" }), "Эндоскоп");
	assert.equal(inMyLanguage("plain"), "plain");
	assert.equal(inMyLanguage(null), "");
});

test("an event stream is parsed whatever the pieces", () => {
	const text =
		': beat\n\nid: 4\r\ndata: {"v":4}\r\n\r\nevent: presence\ndata: one\ndata: two\n\nevent: resync\n\ndata:x\r\r';
	const wanted = [
		{ event: "message", data: '{"v":4}' },
		{ event: "presence", data: "one\ntwo" },
		{ event: "resync", data: "" },
		{ event: "message", data: "x" },
	];
	for (let size = 1; size <= text.length; size++) {
		const parser = new EventStreamParser();
		const found = [];
		for (let at = 0; at < text.length; at += size) found.push(...parser.feed(text.slice(at, at + size)));
		// A lone carriage return at the very end may be half of a line's end; the next heartbeat shows it.
		found.push(...parser.feed(": beat\n"));
		assert.deepEqual(found, wanted, `pieces of ${size}`);
	}
});

test("the server's clock is bounded by every answer", () => {
	let local = 1000;
	const clock = new ServerClock(() => local);
	clock.answer(new Date(61_500).toISOString(), 1000);
	local = 1400;
	clock.answer(new Date(61_600).toISOString(), 1200);
	assert.ok(Math.abs(clock.now() - local - 60_300) < 110, String(clock.now() - local));
	clock.message(new Date(61_790).toISOString());
	assert.ok(clock.now() - local >= 60_389);
	local += 600_000;
	clock.answer(new Date(61_500).toISOString(), local - 10);
	assert.ok(Math.abs(clock.now() - 61_505) < 20, "a clock that was set: only the new answer counts");
	assert.equal(offsetOf(UNBOUNDED), 0);
	assert.deepEqual(narrow({ low: 1, high: 3 }, { low: 2, high: 9 }), { low: 2, high: 3 });
	assert.deepEqual(narrow({ low: 1, high: 3 }, { low: 7, high: 9 }), { low: 7, high: 9 });
});

test("browsers that lost the same server do not come back together", () => {
	assert.ok(backOff(0, 0) < backOff(0, 1));
	assert.equal(backOff(20, 1), 15_000);
	assert.ok(backOff(3, 0.5, 10, 40) <= 40);
});

test("a list under a hand does not move", () => {
	const item = (id: string) => ({ id });
	const before = settle([], ["a", "b", "c"].map(item), false);
	const held = settle(before, ["0", "c", "a", "d"].map(item), true);
	assert.deepEqual(
		held.map(({ id, gone }) => (gone ? `${id} gone` : id)),
		["a", "b gone", "c", "0", "d"],
	);
	const back = settle(held, ["a", "b", "d"].map(item), true);
	assert.deepEqual(
		back.map(({ id, gone }) => (gone ? `${id} gone` : id)),
		["a", "b", "c gone", "0 gone", "d"],
	);
	assert.deepEqual(
		settle(back, ["d", "a"].map(item), false).map(({ id }) => id),
		["d", "a"],
	);
});

const question = (
	id: string,
	state: QuestionData["state"],
	more: Partial<QuestionData> = {},
): QuestionData => ({
	id,
	text: id,
	state,
	revision: 1,
	edited: false,
	position: null,
	asker: { id: "p", name: "P", city: "" },
	asked_at: "2026-01-01T00:00:00Z",
	asked_media_time: "2026-01-01T00:00:00Z",
	answering_at: null,
	answer_media_time: null,
	answered_at: null,
	answered_media_time: null,
	...more,
});
const room = (...questions: QuestionData[]): RoomState => ({
	questions: Object.fromEntries(questions.map((one) => [one.id, one])),
});
const ids = (list: QuestionData[]) => list.map(({ id }) => id);

test("questions are found by state and in order", () => {
	const state = room(
		question("new", "asked", { asked_at: "2026-01-01T00:00:09Z" }),
		question("old", "asked", { asked_at: "2026-01-01T00:00:01Z" }),
		question("second", "approved", { position: 20 }),
		question("first", "approved", { position: 10 }),
		question("now", "answering"),
		question("earlier", "answered", { answered_at: "2026-01-01T00:00:01Z" }),
		question("latest", "answered", { answered_at: "2026-01-01T00:00:02Z" }),
	);
	assert.deepEqual(ids(comingIn(state)), ["old", "new"]);
	assert.deepEqual(ids(queue(state)), ["first", "second"]);
	assert.deepEqual(ids(answered(state)), ["latest", "earlier"]);
	assert.equal(answering(state)?.id, "now");
	assert.equal(onBoard(state)?.id, "now");
	assert.deepEqual(comingIn({}), []);
});

test("the board shows the first of the queue unless it was turned to another one", () => {
	const chosen = [question("a", "approved", { position: 1 }), question("b", "approved", { position: 2 })];
	const state = room(...chosen);
	assert.equal(onBoard(state)?.id, "a");
	assert.equal(afterOnBoard(state)?.id, "b");
	assert.equal(afterOnBoard({ ...state, board: { shown: "b" } })?.id, "a", "round to the first");
	assert.equal(onBoard({ ...state, board: { shown: "gone" } })?.id, "a");
	assert.equal(afterOnBoard(room(question("a", "approved"))), undefined);
	assert.equal(onBoard({}), undefined);
});

test("without a connection there is a stop, whatever the page believes", () => {
	const acts = (known: string | null, lost: boolean) =>
		broadcastActs((known ? { operation: { state: known } } : {}) as RoomState, lost);
	assert.deepEqual(
		["scheduled", "on_air", "stopped", "ended", null].map((known) => acts(known, false)),
		[["operation.open"], ["operation.stop"], ["operation.resume", "operation.end"], [], []],
	);
	for (const known of ["scheduled", "on_air", "stopped", null])
		assert.deepEqual(acts(known, true), ["operation.stop"], String(known));
	assert.deepEqual(acts("ended", true), []);
});
