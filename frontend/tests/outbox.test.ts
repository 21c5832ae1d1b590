import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Drafts } from "../room/drafts.ts";
import { type Keeper, memoryKeeper } from "../room/keep.ts";
import { type Command, Outbox, type OutboxOptions, type Outcome } from "../room/outbox.ts";
import { MockRoom, until } from "./mock-room.ts";

let room: MockRoom;
let device: Keeper;
let tab: Keeper;
let open: Outbox[];

const page = (more: Partial<OutboxOptions> = {}): Outbox => {
	const outbox = new Outbox({
		url: `${room.url}/room/commands`,
		room: "r",
		person: "p",
		csrf: () => "token",
		device,
		tab,
		timeout: 300,
		firstRetry: 10,
		mostRetry: 30,
		...more,
	});
	open.push(outbox);
	outbox.start();
	return outbox;
};
const ask = (outbox: Outbox, text: string) => outbox.send("question.ask", { text }, { keep: "device" });
const said = () => room.log.map((event) => event.data?.["text"]);

beforeEach(async () => {
	room = new MockRoom();
	device = memoryKeeper();
	tab = memoryKeeper();
	open = [];
	await room.start();
});
afterEach(async () => {
	for (const outbox of open) outbox.stop();
	await room.stop();
});

test("a command is answered and forgotten", async () => {
	const outbox = page();
	const outcome = await ask(outbox, "Why?");
	assert.deepEqual(outcome, { kind: "done", version: 1, result: { ok: true } });
	assert.deepEqual(outbox.pending(), []);
	assert.deepEqual(device.keys(), []);
});

test("an answer that was lost on the way does not double the question", async () => {
	room.loseAnswers = 2;
	const outcome = await ask(page(), "Why?");
	assert.equal(outcome.kind, "done");
	assert.deepEqual(said(), ["Why?"]);
	assert.equal(room.posts.length, 3);
	assert.equal(new Set(room.posts.map((post) => post.id)).size, 1);
});

test("a question typed while the server is down arrives when it is back, in order", async () => {
	await room.stop();
	const outbox = page();
	const both = [ask(outbox, "First"), ask(outbox, "Second")];
	await new Promise((resolve) => setTimeout(resolve, 60));
	assert.equal(outbox.pending().length, 2);
	await room.start();
	await Promise.all(both);
	assert.deepEqual(said(), ["First", "Second"]);
});

test("a page that dies leaves its question to the next one, with the same id", async () => {
	room.loseAnswers = 1;
	const first = page();
	void ask(first, "Why?");
	await until(() => room.posts.length === 1, "the first try");
	first.stop();
	const second = page();
	await until(() => room.posts.length >= 2 && second.pending().length === 0, "the second try");
	assert.deepEqual(said(), ["Why?"]);
});

test("two tabs that deliver the same question ask it once", async () => {
	await room.stop();
	void ask(page(), "Why?");
	page();
	await room.start();
	await until(() => room.posts.length === 2, "both tabs");
	assert.deepEqual(said(), ["Why?"]);
});

test("another person on the same workstation does not send it", async () => {
	await room.stop();
	void ask(page(), "Why?");
	assert.deepEqual(page({ person: "somebody else" }).pending(), []);
});

test("a double click is one command", async () => {
	const outbox = page();
	const act = { once: "answer:1" };
	const [a, b] = await Promise.all([
		outbox.send("question.answer", { text: "1" }, act),
		outbox.send("question.answer", { text: "1" }, act),
	]);
	assert.deepEqual(a, b);
	assert.equal(room.posts.length, 1);
	await outbox.send("question.answer", { text: "2" }, act);
	assert.equal(room.posts.length, 2, "the next press is a new act");
});

test("a refusal is final, and the text goes back to its author", async () => {
	room.refusing = { status: 409, body: { code: "closed", message: "No more questions." } };
	const drafts = new Drafts(device, "r", "p");
	drafts.write("ask", "typed since");
	const settled: [Command, Outcome][] = [];
	const outbox = page({
		onSettled(command, outcome) {
			settled.push([command, outcome]);
			if (outcome.kind !== "done") drafts.giveBack("ask", String(command.data["text"]));
		},
	});
	const outcome = await ask(outbox, "Why?");
	assert.deepEqual(outcome, { kind: "refused", status: 409, code: "closed", message: "No more questions." });
	assert.equal(drafts.read("ask"), "Why?\n\ntyped since");
	assert.equal(settled.length, 1);
});

test("signed out in another tab: the question waits", async () => {
	room.refusing = { status: 401, body: { code: "sign_in", message: "" } };
	const outbox = page();
	const sending = ask(outbox, "Why?");
	await new Promise((resolve) => setTimeout(resolve, 60));
	assert.equal(outbox.pending().length, 1);
	room.refusing = null;
	assert.equal((await sending).kind, "done");
});

test("an act of the moment expires instead of coming late", async () => {
	await room.stop();
	const outbox = page();
	const outcome = await outbox.send("question.answer", { id: "1" }, { lifeMs: 40 });
	assert.deepEqual(outcome, { kind: "expired" });
	await room.start();
	assert.deepEqual(room.posts, []);
});

test("stop does not wait behind the others", async () => {
	await room.stop();
	const outbox = page({ timeout: 5000 });
	void ask(outbox, "Slow");
	await new Promise((resolve) => setTimeout(resolve, 20));
	const stopping = outbox.send("operation.stop", { text: "stop" }, { urgent: true });
	await room.start();
	assert.equal((await stopping).kind, "done");
});

test("another wish for the same thing is not lost while the first is on its way", async () => {
	const outbox = page();
	const act = { once: "programme" };
	const first = outbox.send("channel.programme", { feed: "overview" }, act);
	const again = outbox.send("channel.programme", { feed: "overview" }, act);
	const other = outbox.send("channel.programme", { feed: "endoscope" }, act);
	assert.equal(again, first, "a double press is one command");
	await Promise.all([first, other]);
	assert.deepEqual(
		room.posts.map(({ data }) => data["feed"]),
		["overview", "endoscope"],
	);
	assert.equal(outbox.isPending("programme"), false);
});

test("what is sent again says how long ago it was asked for", async () => {
	room.loseAnswers = 2;
	await page({ firstRetry: 60, mostRetry: 60 }).send("operation.stop", {});
	const ages = room.posts.map(({ age_ms }) => age_ms);
	assert.deepEqual(
		ages,
		[...ages].sort((a, b) => a - b),
	);
	assert.ok(ages[0] !== undefined && ages[0] < 15);
	assert.ok(ages[2] !== undefined && ages[2] >= 30);
});

test("its age outlives the page, and a clock that was set", async () => {
	await room.stop();
	const first = page();
	void first.send("operation.stop", {}, { lifeMs: 600_000 });
	await new Promise((resolve) => setTimeout(resolve, 30));
	first.stop();
	const [key = ""] = tab.keys();
	const kept = JSON.parse(tab.get(key) ?? "") as Command;
	for (const [made, age] of [
		[Date.now() - 60_000, 60_000],
		[Date.now() + 7_200_000, 0],
		[Date.now() - 7_200_000, 3_600_000],
	] as const) {
		tab.set(key, JSON.stringify({ ...kept, made }));
		room.posts = [];
		room.receipts.clear();
		await room.start();
		page();
		await until(() => room.posts.length > 0 && tab.keys().length === 0, "the next page's try");
		const said = room.posts[0]?.age_ms ?? -1;
		assert.ok(said >= age && said < age + 1000, `${said}, not ${age}`);
		await room.stop();
	}
});

test("a stop that is pressed again, later, is a new one", async () => {
	await room.stop();
	const outbox = page();
	const manner = { urgent: true, once: "operation.stop", onceMs: 40 };
	const first = outbox.send("operation.stop", {}, manner);
	assert.equal(outbox.send("operation.stop", {}, manner), first, "a double press is one command");
	await new Promise((resolve) => setTimeout(resolve, 80));
	const again = outbox.send("operation.stop", {}, manner);
	assert.notEqual(again, first);
	await room.start();
	await Promise.all([first, again]);
	const ages = room.posts.map(({ age_ms }) => age_ms);
	assert.ok((ages[0] ?? 0) - (ages[1] ?? 0) > 30, String(ages));
	assert.equal(outbox.isPending("operation.stop"), false);
});
