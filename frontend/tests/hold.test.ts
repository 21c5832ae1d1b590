import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { ARMED_MS, HOLD_MS, holdable, Press, Twice } from "../room/hold.ts";

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

/** As much of a button as is needed: Node has events, but no elements. */
class Button extends EventTarget {
	dataset: Record<string, string> = { act: "operation.stop" };
	toggleAttribute(): void {}
	setPointerCapture(): void {}

	send(name: string, facts: object = {}): void {
		this.dispatchEvent(Object.assign(new Event(name), { button: 0, detail: 1, buttons: 0 }, facts));
	}
}

test("who cannot hold clicks: nothing but a click without a pointer, or TalkBack's, is a tap", () => {
	mock.timers.enable({ apis: ["setTimeout"] });
	const button = new Button();
	const acts: string[] = [];
	holdable(
		button as unknown as HTMLElement,
		() => acts.push("held"),
		() => acts.push("tapped"),
	);
	for (const name of ["pointerdown", "pointerup", "click"]) button.send(name);
	mock.timers.tick(2 * HOLD_MS);
	assert.deepEqual(acts, [], "a sleeve that brushes the screen");
	button.send("click", { detail: 0 });
	button.send("click", { buttons: 1 });
	assert.deepEqual(acts, ["tapped", "tapped"]);
	button.send("pointerdown");
	mock.timers.tick(HOLD_MS);
	button.send("pointerup");
	button.send("click");
	assert.deepEqual(acts, ["tapped", "tapped", "held"], "the click at the end of a held press is nothing new");
	mock.timers.reset();
});

test("the first tap arms, the second acts, and a late one is a first again", () => {
	mock.timers.enable({ apis: ["setTimeout"] });
	const acts: string[] = [];
	let drawn = 0;
	const twice = new Twice(() => {
		drawn += 1;
	});
	const press = (name: string) => twice.press(name, () => acts.push(name));
	press("operation.resume");
	assert.deepEqual([twice.armed, acts], ["operation.resume", []]);
	press("operation.resume");
	assert.deepEqual([twice.armed, acts], [null, ["operation.resume"]]);
	press("operation.resume");
	mock.timers.tick(ARMED_MS);
	assert.equal(twice.armed, null);
	press("operation.resume");
	// The button has changed its meaning: this is the first tap of the other one.
	press("operation.open");
	assert.deepEqual([twice.armed, acts], ["operation.open", ["operation.resume"]]);
	assert.equal(drawn, 6);
	mock.timers.reset();
});
