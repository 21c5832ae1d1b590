import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { beside, nextLayout } from "../player/angles.ts";
import { buildingUntil, captureTime, delayAt, releaseTime } from "../player/delay.ts";
import { feedKey, feedsOf, feedToShow, rungFor } from "../player/feeds.ts";
import { Grant } from "../player/grant.ts";
import { dateAt, positionAt } from "../player/moments.ts";
import { Pace } from "../player/pace.ts";
import { Places } from "../player/place.ts";
import { coversPicture, type Facts, type StatusKind, statusOf, steadyDelay } from "../player/status.ts";
import { Step } from "../player/step.ts";
import { memoryKeeper } from "../room/keep.ts";
import { until } from "./mock-room.ts";

const live: Facts = {
	online: true,
	refusal: null,
	channel: "live",
	signal: "live",
	picture: "playing",
	behind: 1,
	back: false,
	building: false,
	failing: false,
};

const cases: [string, Partial<Facts>, StatusKind][] = [
	["all is well", {}, "live"],
	["the viewer went back", { back: true }, "back"],
	["paused", { picture: "paused" }, "paused"],
	["no right, whatever else", { refusal: "Not verified.", channel: "stopped", online: false }, "refused"],
	["stopped comes before a lost signal", { channel: "stopped", signal: "lost" }, "stopped"],
	["ended", { channel: "ended", picture: "none" }, "ended"],
	["not on air yet", { channel: "none", picture: "none" }, "scheduled"],
	["offline before anything was seen", { online: false, picture: "none" }, "offline"],
	["offline, still playing what is in store", { online: false }, "live"],
	["the signal is lost and a slate is shown", { signal: "lost" }, "signal_lost"],
	["nonsense from the encoder", { signal: "unreadable" }, "unreadable"],
	["no camera", { signal: "none" }, "no_signal"],
	["the camera starts", { signal: "starting", picture: "none" }, "starting"],
	["the first connection", { picture: "none" }, "connecting"],
	["many failures", { picture: "none", failing: true }, "trouble"],
	["the network is slow", { picture: "stalled" }, "stalled"],
	["a raised delay fills up", { building: true, signal: "lost" }, "building"],
	["prepared, not yet on air", { channel: "ready", picture: "none" }, "scheduled"],
	["signals are not known yet", { signal: null }, "live"],
];
for (const [title, facts, kind] of cases)
	test(`status: ${title}`, () => assert.equal(statusOf({ ...live, ...facts }), kind));

test("a stop covers the picture even if the browser still holds one", () => {
	assert.ok(coversPicture("stopped", true));
	assert.ok(coversPicture("refused", true));
	assert.ok(coversPicture("building", true), "a slate is no picture");
	assert.ok(!coversPicture("offline", true));
	assert.ok(coversPicture("offline", false));
	assert.ok(!coversPicture("signal_lost", true));
});

test("the delay shown follows calmly, and jumps when it must", () => {
	assert.equal(steadyDelay(null, 1.2), 1.2);
	assert.ok(Math.abs((steadyDelay(1, 1.5) ?? 0) - 1.15) < 1e-9);
	assert.equal(steadyDelay(1, 31), 31);
	assert.equal(steadyDelay(1, null), null);
	assert.equal(steadyDelay(null, -0.4), 0);
});

test("a level and its lower rung are one camera, best first", () => {
	const level = (url: string, height: number, bitrate: number) => ({ url, name: "", height, bitrate });
	const feeds = feedsOf([
		level("http://h/media/c/endoscope.low/video.m3u8", 360, 600_000),
		level("http://h/media/c/overview/video.m3u8", 720, 2_000_000),
		level("http://h/media/c/endoscope/video.m3u8?x=1", 1080, 5_000_000),
	]);
	assert.deepEqual(
		feeds.map(({ key, rungs }) => [key, rungs.map(({ level: index }) => index)]),
		[
			["endoscope", [2, 0]],
			["overview", [1]],
		],
	);
	assert.equal(feedKey("/media/c/ultra-sound/video.m3u8"), "ultra-sound");
	const [endoscope] = feeds;
	assert.ok(endoscope);
	assert.equal(rungFor(endoscope, 10_000_000, null)?.height, 1080);
	assert.equal(rungFor(endoscope, 5_500_000, 2)?.height, 1080, "staying needs less than going up");
	assert.equal(rungFor(endoscope, 5_500_000, 0)?.height, 360);
	assert.equal(rungFor(endoscope, 1000, 2)?.height, 360, "the lowest is always there");
});

test("a calm picture with fewer bits than its lower rung is still the better one", () => {
	const [feed] = feedsOf([
		{ url: "/media/c/endoscope/video.m3u8", name: "", height: 720, bitrate: 500_000 },
		{ url: "/media/c/endoscope.low/video.m3u8", name: "", height: 360, bitrate: 640_000 },
	]);
	assert.deepEqual(
		feed?.rungs.map(({ height }) => height),
		[720, 360],
	);
});

test("pace: more in store than needed is played off, a stall asks for more", () => {
	const pace = new Pace();
	const feed = (ahead: number, from: number) => {
		let rate = 1;
		for (let at = from; at < from + 3000; at += 250) rate = pace.rate(ahead, at);
		return rate;
	};
	assert.equal(feed(2.5, 0), 1.1);
	assert.equal(feed(0.7, 3000), 1.05);
	assert.equal(feed(0.45, 6000), 1);
	assert.equal(feed(0.05, 9000), 0.95);
	pace.stalled(12_000);
	assert.equal(feed(0.7, 12_000), 1, "the margin is larger after a stall");
	assert.equal(feed(0.7, 60_000), 1.05, "and is forgiven");
});

test("pace: the saw-tooth of arriving parts is no reserve", () => {
	const pace = new Pace();
	let rate = 1;
	for (let at = 0; at < 4000; at += 200) rate = pace.rate(at % 400 === 0 ? 0.4 : 1.2, at);
	assert.equal(rate, 1);
});

test("grant: asks until it has one, renews, and ends at a refusal", async () => {
	const answers: [number, object][] = [
		[503, {}],
		[200, { master_url: "/m", expires: "", at: new Date().toISOString() }],
		[200, { master_url: "/m", expires: "" }],
		[403, { code: "not_verified", message: "Your verification has ended." }],
	];
	let asked = 0;
	const server = createServer((request, response) => {
		const [status, body] = answers[Math.min(asked++, answers.length - 1)] ?? [500, {}];
		assert.equal(request.method, "POST");
		assert.equal(request.headers["x-csrftoken"], "token");
		response.writeHead(status, { "Content-Type": "application/json" });
		response.end(JSON.stringify(body));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const refusals: string[] = [];
	const times: string[] = [];
	const grant = new Grant({
		url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/grant`,
		csrf: () => "token",
		renewMs: 20,
		firstRetry: 5,
		onRefused: ({ message }) => refusals.push(message),
		onAnswer: ({ at }) => times.push(at ?? ""),
	});
	const first = await grant.hold();
	assert.equal(first?.master_url, "/m");
	await until(() => refusals.length === 1, "the refusal");
	assert.deepEqual(refusals, ["Your verification has ended."]);
	assert.equal(grant.answer, null);
	assert.equal(times.length, 2);
	await new Promise((resolve) => setTimeout(resolve, 60));
	assert.equal(asked, 4, "nobody asks on after a refusal");
	server.close();
});

test("the viewer's own camera comes before the director's", () => {
	const feeds = [{ key: "endoscope" }, { key: "overview" }];
	assert.equal(feedToShow(feeds, "overview", "endoscope"), "overview");
	assert.equal(feedToShow(feeds, null, "overview"), "overview");
	assert.equal(feedToShow(feeds, "gone", "overview"), "overview");
	assert.equal(feedToShow(feeds, null, "gone"), "endoscope");
	assert.equal(feedToShow([], "overview", null), null);
});

test("several cameras: the leading one is not shown twice, and the others keep their places", () => {
	const feeds = ["a", "b", "c", "d", "e"];
	assert.deepEqual(beside(feeds, "a", 1, []), []);
	assert.deepEqual(beside(feeds, "a", 2, []), ["b"]);
	assert.deepEqual(beside(feeds, "b", 4, ["c", "b", "e"]), ["c", "e", "a"]);
	assert.equal(nextLayout(1, 1), 1);
	assert.equal(nextLayout(1, 2), 2);
	assert.equal(nextLayout(2, 2), 1);
	assert.equal(nextLayout(2, 3), 4);
	assert.equal(nextLayout(4, 5), 1);
});

const at = (second: number) => Date.parse("2026-05-04T09:00:00Z") + second * 1000;
const since = (second: number, seconds: number) => ({ since: new Date(at(second)).toISOString(), seconds });

test("a delay counts from the moment of release at which it began", () => {
	const delays = [since(100, 10), since(0, 0)];
	assert.equal(delayAt(delays, at(99)), 0);
	assert.equal(delayAt(delays, at(100)), 10);
	assert.equal(captureTime(delays, at(99)), at(99));
	assert.equal(captureTime(delays, at(130)), at(120));
	assert.equal(captureTime([], at(130)), at(130));
	assert.equal(releaseTime(delays, at(120)), at(130));
	assert.equal(releaseTime(delays, at(50)), at(50));
	assert.equal(releaseTime(delays, at(90)), at(100), "what was captured last before, is just being released");
});

test("a raised delay fills up behind a slate, a lowered one does not", () => {
	const delays = [since(0, 5), since(100, 15), since(200, 3)];
	assert.equal(buildingUntil(delays, at(2)), null, "nobody has seen a picture before the first delay");
	assert.equal(buildingUntil(delays, at(101)), at(110));
	assert.equal(buildingUntil(delays, at(110)), null);
	assert.equal(buildingUntil(delays, at(201)), null);
});

test("moments: a jump of the time line is found from both sides", () => {
	const stretches = [
		{ start: 0, duration: 4, date: at(0) },
		{ start: 4, duration: 4, date: at(4) },
		{ start: 8, duration: 4, date: at(60) },
	];
	assert.equal(dateAt(stretches, 5), at(5));
	assert.equal(dateAt(stretches, 9), at(61));
	assert.equal(dateAt([], 9), null);
	assert.equal(positionAt(stretches, at(5)), 5);
	assert.equal(positionAt(stretches, at(30)), 8, "a gap gives what follows it");
	assert.equal(positionAt(stretches, at(61)), 9);
	assert.equal(positionAt(stretches, at(-5)), 0);
	assert.equal(positionAt([], at(0)), null);
});

test("step: small differences are played off, large ones jumped over once, and who is ahead waits", () => {
	const step = new Step();
	assert.deepEqual(step.next(0.01, 0), { kind: "rate", rate: 1 });
	assert.deepEqual(step.next(0.1, 0), { kind: "rate", rate: 1.05 });
	assert.deepEqual(step.next(0.5, 0), { kind: "rate", rate: 1.2 });
	assert.deepEqual(step.next(-0.1, 0), { kind: "rate", rate: 0.95 });
	assert.deepEqual(step.next(-0.5, 0), { kind: "wait" });
	assert.deepEqual(step.next(-3, 0), { kind: "wait" }, "what is loaded is not loaded again");
	assert.equal(step.next(3, 0).kind, "jump");
	assert.equal(step.next(3, 1000).kind, "rate", "the jump needs its time");
	assert.deepEqual(step.next(0.7, 3000), { kind: "jump", ahead: 0.85 }, "what was missing is added");
	assert.equal(step.next(-5, 9000).kind, "jump", "so long nobody waits");
});

test("step: a leader that stalls for half a second is rejoined within another half", () => {
	const step = new Step();
	let [leader, tile, rejoined] = [0, 0, 0];
	for (let beat = 1; beat <= 40; beat += 1) {
		const move = step.next(leader - tile, beat * 100);
		leader += beat <= 5 ? 0 : 0.1;
		if (move.kind === "rate") tile += 0.1 * move.rate;
		if (Math.abs(leader - tile) > 0.1) rejoined = beat + 1;
	}
	assert.ok(rejoined <= 10, `in step again at beat ${rejoined}`);
	assert.ok(Math.abs(leader - tile) < 0.03);
});

test("a place is found again by the same channel only, whatever is kept", () => {
	const keeper = memoryKeeper();
	const places = new Places(keeper);
	places.write("one", { at: 5, feed: "overview", layout: 2 });
	assert.deepEqual(places.read("one"), { at: 5, feed: "overview", layout: 2 });
	assert.deepEqual(places.read("two"), { at: null, feed: null, layout: 1 });
	keeper.set("konsilium.place.two", "{broken");
	assert.deepEqual(places.read("two"), { at: null, feed: null, layout: 1 });
	keeper.set("konsilium.place.two", '{"at":"x","layout":9}');
	assert.deepEqual(places.read("two"), { at: null, feed: null, layout: 1 });
});
