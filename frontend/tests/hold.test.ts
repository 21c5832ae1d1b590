import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { HOLD_MS, Press } from "../room/hold.ts";

function pressed(): { press: Press; acts: () => number; shown: () => boolean } {
	let acts = 0;
	let shown = false;
	const press = new Press(
		() => {
			acts += 1;
		},
		(holding) => {
			shown = holding;
		},
	);
	return { press, acts: () => acts, shown: () => shown };
}

test("a press acts once, when it has been held", () => {
	mock.timers.enable({ apis: ["setTimeout"] });
	const { press, acts, shown } = pressed();
	press.begin(0);
	assert.equal(shown(), true);
	mock.timers.tick(HOLD_MS - 1);
	assert.equal(acts(), 0);
	mock.timers.tick(1);
	assert.deepEqual([acts(), shown()], [1, false]);
	press.end(HOLD_MS + 300);
	assert.equal(acts(), 1, "the end of a press that has acted is nothing new");
	mock.timers.reset();
});

test("one that was let go early, or taken away, does nothing", () => {
	mock.timers.enable({ apis: ["setTimeout"] });
	const { press, acts, shown } = pressed();
	press.begin(0);
	press.end(HOLD_MS - 1);
	press.begin(1000);
	press.cancel();
	mock.timers.tick(2 * HOLD_MS);
	assert.deepEqual([acts(), shown()], [0, false]);
	mock.timers.reset();
});

test("a busy page that hears of a press late counts how long the hand held it", () => {
	mock.timers.enable({ apis: ["setTimeout"] });
	const { press, acts } = pressed();
	// Pressed at 0 and let go at 900; the page got to hear of it only after 500.
	press.begin(0);
	mock.timers.tick(400);
	press.end(900);
	assert.equal(acts(), 1);
	mock.timers.tick(HOLD_MS);
	assert.equal(acts(), 1);
	// A tap stays a tap, however late it is heard.
	press.begin(2000);
	press.end(2100);
	mock.timers.tick(HOLD_MS);
	assert.equal(acts(), 1);
	mock.timers.reset();
});
