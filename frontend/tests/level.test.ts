import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { LevelMeter } from "../player/level.ts";

// As much of a browser as the meter touches.
class Context {
	static open = 0;
	static made = 0;
	closed = false;
	constructor() {
		Context.open += 1;
		Context.made += 1;
	}
	createAnalyser = () => ({ context: this, getByteFrequencyData: () => {} });
	createMediaStreamSource = () => ({ connect: () => {}, disconnect: () => {} });
	resume = async () => {};
	close = async () => {
		if (!this.closed) Context.open -= 1;
		this.closed = true;
	};
}

const canvas = () =>
	({
		hidden: false,
		width: 240,
		height: 48,
		getContext: () => ({ clearRect: () => {}, fillRect: () => {} }),
	}) as unknown as HTMLCanvasElement;

const video = (captured: object) =>
	Object.assign(new EventTarget(), captured) as unknown as ConstructorParameters<typeof LevelMeter>[0];

const beats = () => new Promise((resolve) => setTimeout(resolve, 400));

beforeEach(() => {
	Context.open = Context.made = 0;
	Object.assign(globalThis, {
		AudioContext: Context,
		getComputedStyle: () => ({ color: "teal" }),
		requestAnimationFrame: (act: () => void) => setTimeout(act, 0),
	});
});
afterEach(() => {
	for (const name of ["AudioContext", "getComputedStyle", "requestAnimationFrame"])
		Reflect.deleteProperty(globalThis, name);
});

test("level: one stream and one context for as long as it is shown, even while there is no sound yet", async () => {
	let captured = 0;
	const captureStream = () => {
		captured += 1;
		return Object.assign(new EventTarget(), { getAudioTracks: () => [] });
	};
	const meter = new LevelMeter(video({ captureStream }));
	const shown = canvas();
	for (let draw = 0; draw < 5; draw += 1) meter.show(shown);
	await beats();
	assert.deepEqual([captured, Context.made, Context.open, shown.hidden], [1, 1, 1, false]);
	meter.show(null);
	assert.equal(Context.open, 0);
	meter.show(canvas());
	meter.show(null);
	await beats();
	assert.deepEqual([captured, Context.made, Context.open], [2, 2, 0]);
});

test("level: the capture that takes the sound away is never used, and no bars pretend to measure", async () => {
	const mozCaptureStream = () => assert.fail("Firefox plays no sound from here on");
	const meter = new LevelMeter(video({ mozCaptureStream }));
	const shown = canvas();
	meter.show(shown);
	await beats();
	assert.deepEqual([Context.made, shown.hidden], [0, true]);
});

test("level: a browser that refuses to capture leaves no context open", () => {
	const captureStream = () => {
		throw new Error("NotSupportedError");
	};
	const shown = canvas();
	new LevelMeter(video({ captureStream })).show(shown);
	assert.deepEqual([Context.open, shown.hidden], [0, true]);
});
