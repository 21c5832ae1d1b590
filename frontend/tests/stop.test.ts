import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type LineState, StopLine } from "../room/stop-line.ts";
import { until } from "./mock-room.ts";

async function mediaPlane(statuses: number[]): Promise<{ server: Server; url: string; seen: string[] }> {
	const seen: string[] = [];
	const server = createServer((request, response) => {
		seen.push(`${request.method} ${request.headers.authorization}`);
		const status = statuses[Math.min(seen.length, statuses.length) - 1] ?? 500;
		if (status === 0) request.socket.destroy();
		else response.writeHead(status).end("{}");
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return { server, seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/stop` };
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
