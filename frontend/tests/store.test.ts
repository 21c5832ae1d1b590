import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Effects, placeOf, type RoomEvent, reduce, type State, Store } from "../room/store.ts";

interface Fixture {
	title: string;
	effects: Effects;
	snapshot: { version: number; state: State };
	events: RoomEvent[];
	expected: { version: number; state: State };
}

const folder = join(import.meta.dirname, "fixtures");
const fixtures = readdirSync(folder).filter((name) => name.endsWith(".json"));

for (const name of fixtures) {
	const read: Fixture | Fixture[] = JSON.parse(readFileSync(join(folder, name), "utf8"));
	for (const fixture of Array.isArray(read) ? read : [read]) {
		test(`${name}: ${fixture.title}`, () => {
			const store = new Store(fixture.effects);
			store.start(fixture.snapshot.version, fixture.snapshot.state);
			for (const event of fixture.events) assert.ok(store.apply(event), `gap before ${event.v}`);
			assert.equal(store.version, fixture.expected.version);
			assert.deepEqual(store.state, fixture.expected.state);
		});
	}
}

test("there are fixtures", () => assert.ok(fixtures.length > 0));

test("the old state is never changed", () => {
	const effects: Effects = { put: { kind: "put", part: "p" }, drop: { kind: "drop", part: "p" } };
	const before: State = Object.freeze({ p: Object.freeze({ a: Object.freeze({ id: "a" }) }) as never });
	const put = reduce(before, { v: 1, type: "put", data: { id: "b" } }, effects);
	assert.deepEqual(put, { p: { a: { id: "a" }, b: { id: "b" } } });
	assert.deepEqual(reduce(put, { v: 2, type: "drop", data: { id: "a" } }, effects), {
		p: { b: { id: "b" } },
	});
	assert.deepEqual(before, { p: { a: { id: "a" } } });
});

test("the place of an event", () => {
	assert.equal(placeOf(4, { v: 5 }), "next");
	assert.equal(placeOf(4, { v: 4 }), "old");
	assert.equal(placeOf(4, { v: 6 }), "gap");
});
