import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type LineState, StopLine } from "../room/stop-line.ts";
import { until } from "./mock-room.ts";

interface MediaPlane {
	server: Server;
	url: string;
	seen: string[];
	ages: number[];
}

/** `overtakenBy`: it went on so many milliseconds ago, counted from the first request. */
async function mediaPlane(statuses: number[], overtakenBy = Number.POSITIVE_INFINITY): Promise<MediaPlane> {
	const seen: string[] = [];
	const ages: number[] = [];
	const server = createServer((request, response) => {
		seen.push(`${request.method} ${request.headers.authorization}`);
		const age = Number(new URL(request.url ?? "", "http://x").searchParams.get("age_ms") ?? Number.NaN);
		ages.push(age);
		const status = statuses[Math.min(seen.length, statuses.length) - 1] ?? 500;
		if (status === 0) request.socket.destroy();
		else response.writeHead(status).end(JSON.stringify(age > overtakenBy ? { overtaken: true } : {}));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	// One test that fails must not keep the others waiting.
	server.unref();
	return { server, seen, ages, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/stop` };
}

function lineTo(url: string | null): { line: StopLine; told: LineState[] } {
	const told: LineState[] = [];
	const line: StopLine = new StopLine({
		url: () => url,
		token: () => "grant",
		onChange: () => told.push(line.state),
		firstRetry: 5,
	});
	return { line, told };
}

test("a stop is sent until the media plane has it", async () => {
	const { server, seen, url } = await mediaPlane([0, 503, 404, 200]);
	const { line, told } = lineTo(url);
	line.press();
	await until(() => line.state === "done", "the confirmation");
	assert.deepEqual(told, ["sending", "done"]);
	assert.deepEqual(seen, Array(4).fill("POST Bearer grant"));
	server.close();
});

test("a stop that is sent again says how long ago it was pressed", async () => {
	const { server, ages, url } = await mediaPlane([0, 0, 0, 0, 0, 200]);
	const { line } = lineTo(url);
	line.press();
	await until(() => line.state === "done", "the confirmation");
	assert.deepEqual(
		ages,
		[...ages].sort((a, b) => a - b),
	);
	assert.ok((ages.at(-1) ?? 0) > (ages[0] ?? 0) + 20, String(ages));
	server.close();
});

test("one that was overtaken claims nothing, and one pressed since is sent", async () => {
	const { server, ages, url } = await mediaPlane([0, 0, 0, 0, 200], 20);
	const { line } = lineTo(url);
	line.press();
	await until(() => line.state === "idle", "the end of the attempts");
	assert.ok((ages.at(-1) ?? 0) > 20);
	line.press();
	await until(() => line.state === "done", "the confirmation");
	server.close();
});

test("pressed again while the first press is still sent, the second one counts", async () => {
	const statuses = [0];
	const { server, ages, url } = await mediaPlane(statuses, 200);
	const { line } = lineTo(url);
	line.press();
	await until(() => ages.some((age) => age > 200), "an old press");
	statuses.push(200);
	line.press();
	await until(() => line.state !== "sending", "an answer");
	assert.equal(line.state, "done");
	assert.ok((ages.at(-1) ?? 999) <= 200);
	server.close();
});

test("what is heard late of a broadcast that went on does not take a stop back", async () => {
	const { server, url } = await mediaPlane([0, 0, 200]);
	const { line } = lineTo(url);
	line.press();
	line.forget();
	assert.equal(line.state, "sending");
	await until(() => line.state === "done", "the confirmation");
	server.close();
});

test("a refused stop says so and can be pressed again", async () => {
	const { server, url } = await mediaPlane([403, 200]);
	const { line } = lineTo(url);
	line.press();
	await until(() => line.state === "refused", "the refusal");
	line.press();
	await until(() => line.state === "done", "the confirmation");
	line.forget();
	assert.equal(line.state, "idle");
	server.close();
});

test("pressed twice it is one stop, and without a channel it is none", async () => {
	const { server, seen, url } = await mediaPlane([200]);
	const { line } = lineTo(url);
	line.press();
	line.press();
	await until(() => line.state === "done", "the confirmation");
	assert.equal(seen.length, 1);
	server.close();
	const none = lineTo(null);
	none.line.press();
	assert.equal(none.line.state, "idle");
});
