import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { feedKey, feedsOf, rungFor } from "../player/feeds.ts";
import { Grant } from "../player/grant.ts";
import { Pace } from "../player/pace.ts";
import { coversPicture, type Facts, type StatusKind, statusOf, steadyDelay } from "../player/status.ts";
import { until } from "./mock-room.ts";

const live: Facts = {
	online: true,
	refusal: null,
	channel: "live",
	signal: "live",
	picture: "playing",
	behind: 1,
	back: false,
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
	["signals are not known yet", { signal: null }, "live"],
];
for (const [title, facts, kind] of cases)
	test(`status: ${title}`, () => assert.equal(statusOf({ ...live, ...facts }), kind));

test("a stop covers the picture even if the browser still holds one", () => {
	assert.ok(coversPicture("stopped", true));
	assert.ok(coversPicture("refused", true));
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

test("levels of one folder are one camera, best first", () => {
	const level = (url: string, height: number, bitrate: number) => ({ url, name: "", height, bitrate });
	const feeds = feedsOf([
		level("http://h/media/c/endoscope/360.m3u8", 360, 600_000),
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
