import assert from "node:assert/strict";
import { test } from "node:test";
import { hourIn } from "./zone.ts";

const moment = new Date("2026-11-22T05:40:00Z");

test("an hour is written in the browser's zone", () => {
	assert.equal(hourIn(moment, "08:40", "Asia/Almaty"), "10:40");
});

test("an estimate stays an estimate", () => {
	assert.equal(hourIn(moment, "≈\u00a008:40", "Asia/Tbilisi"), "≈\u00a009:40");
});

test("midnight is 00, never 24", () => {
	assert.equal(hourIn(new Date("2026-11-22T19:00:00Z"), "22:00", "Asia/Almaty"), "00:00");
});

test("other texts are left alone", () => {
	assert.equal(hourIn(moment, "22 November, 08:40", "Asia/Almaty"), "22 November, 08:40");
});
