import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ServerClock } from "../room/clock.ts";
import type { Times } from "../room/link.ts";
import { Socket } from "../room/socket.ts";
import { type Effects, Store } from "../room/store.ts";
import { MockRoom, until } from "./mock-room.ts";

const EFFECTS: Effects = { "question.asked": { kind: "put", part: "questions" } };
const QUICK: Partial<Times> = {
	firstByte: 120,
	silence: 400,
	firstRetry: 10,
	mostRetry: 40,
	refusedRetry: 60,
};

let room: MockRoom;
let store: Store;
let socket: Socket;

const connect = (times: Partial<Times> = {}, pollFirst = false): Socket => {
	store = new Store(EFFECTS);
	socket = new Socket({
		snapshotUrl: `${room.url}/room`,
		eventsUrl: `${room.url}/room/events`,
		store,
		clock: new ServerClock(),
		times: { ...QUICK, ...times },
		pollFirst,
	});
	socket.start();
	return socket;
};
const same = () => {
	assert.equal(store.version, room.version);
	assert.deepEqual(store.state, room.state());
};
const open = (by: "stream" | "poll") => until(() => socket.link.kind === "open" && socket.link.by === by, by);
const upToDate = () => until(() => store.version === room.version, "the newest version");

beforeEach(async () => {
	room = new MockRoom();
	await room.start();
});
afterEach(async () => {
	socket.stop();
	await room.stop();
});

test("starts with the snapshot and follows the stream", async () => {
	room.say("before");
	connect();
	await open("stream");
	room.say("after");
	await upToDate();
	same();
	assert.equal(room.snapshots, 1);
});

test("comes back after the server cut every stream, and misses nothing", async () => {
	connect();
	await open("stream");
	room.cut();
	room.say("while away");
	await upToDate();
	same();
	assert.equal(room.snapshots, 1, "events are enough to catch up");
});

test("survives a restart of the server on the same port", async () => {
	connect();
	await open("stream");
	await room.stop();
	await until(() => socket.link.kind === "waiting", "waiting");
	room.say("while the server was down");
	await room.start();
	await upToDate();
	await open("stream");
	same();
});

test("starts anew when it is too far behind", async () => {
	connect();
	await open("stream");
	await room.stop();
	for (let i = 0; i < 20; i++) room.say(`missed ${i}`);
	room.kept = 10;
	await room.start();
	await upToDate();
	same();
	assert.equal(room.snapshots, 2);
});

test("starts anew when it is ahead of a server restored from a backup", async () => {
	room.say("one");
	room.say("two");
	connect();
	await open("stream");
	room.log.length = 1;
	room.cut();
	await until(() => store.version === 1, "version 1");
	same();
});

test("a gap in the numbers is asked for again", async () => {
	connect();
	await open("stream");
	const hidden = { v: 1, type: "question.asked", data: { id: "q1", text: "lost" } };
	room.log.push(hidden);
	room.say("seen");
	await upToDate();
	same();
	assert.equal(room.snapshots, 1);
});

test("a gap that the server cannot fill leads to a snapshot", async () => {
	connect();
	await open("stream");
	room.sendRaw('data: {"v": 9}\n\n');
	await until(() => room.streams === 2, "a second stream");
	room.sendRaw('data: {"v": 9}\n\n');
	await until(() => room.snapshots === 2, "a second snapshot");
});

test("events that come twice are applied once", async () => {
	connect();
	await open("stream");
	const event = room.say("once");
	room.sendRaw(`data: ${JSON.stringify({ ...event, data: { id: "q1", text: "twice" } })}\n\n`);
	room.say("next");
	await upToDate();
	same();
});

test("a bare number moves the version and nothing else", async () => {
	connect();
	await open("stream");
	room.sendRaw('data: {"v": 1}\n\n');
	await until(() => store.version === 1, "version 1");
	assert.deepEqual(store.state, {});
});

test("a proxy that buffers: the long poll takes over and stays", async () => {
	room.buffering = true;
	connect();
	await until(() => room.polls > 0, "a poll");
	room.say("through the poll");
	await upToDate();
	await open("poll");
	room.say("and again");
	await upToDate();
	same();
	assert.equal(room.streams, 1);
});

test("streams that break off twice without a byte: the long poll takes over", async () => {
	room.breaking = true;
	connect({ firstByte: 5000 });
	await until(() => room.polls > 0, "a poll");
	room.say("through the poll");
	await upToDate();
	same();
	assert.equal(room.streams, 2);
});

test("the long poll resyncs too", async () => {
	connect({}, true);
	await until(() => room.polls > 0, "a poll");
	for (let i = 0; i < 5; i++) room.say(`event ${i}`);
	await upToDate();
	await room.stop();
	for (let i = 0; i < 20; i++) room.say(`missed ${i}`);
	room.kept = 20;
	await room.start();
	await upToDate();
	same();
	assert.equal(room.snapshots, 2);
});

test("after a while the stream is tried again", async () => {
	connect({ pollFor: 150 }, true);
	await until(() => room.polls > 0, "a poll");
	await new Promise((resolve) => setTimeout(resolve, 200));
	room.say("ends the poll");
	await open("stream");
	room.say("through the stream");
	await upToDate();
	same();
});

test("a stream that falls silent is given up and followed again", async () => {
	connect();
	await open("stream");
	await until(() => room.streams === 2, "a second stream");
	room.say("still here");
	await upToDate();
	same();
});

test("sleeping gives the connection back, waking catches up at once", async () => {
	connect({ silence: 5000 });
	await open("stream");
	socket.sleep();
	await until(() => socket.link.kind === "asleep", "asleep");
	room.say("while asleep");
	await new Promise((resolve) => setTimeout(resolve, 50));
	assert.equal(store.version, 0);
	socket.wake();
	await upToDate();
	same();
	assert.equal(room.snapshots, 1);
});

test("a refusal is told, and forgotten when the right comes back", async () => {
	room.refusing = { status: 403, body: { code: "not_verified", message: "Only verified physicians." } };
	connect();
	await until(() => socket.link.kind === "refused", "the refusal");
	assert.deepEqual(socket.link, {
		kind: "refused",
		status: 403,
		code: "not_verified",
		message: "Only verified physicians.",
	});
	room.refusing = null;
	await open("stream");
	same();
});
