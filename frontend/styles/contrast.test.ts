import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const source = readFileSync(join(import.meta.dirname, "tokens.css"), "utf8");

type Tokens = Map<string, string>;

function block(from: string, selector: RegExp): string {
	const match = selector.exec(from);
	assert.ok(match, `tokens.css has no block ${selector}`);
	const start = match.index + match[0].length;
	return from.slice(start, from.indexOf("}", start));
}

function read(css: string, dark: boolean, into: Tokens = new Map()): Tokens {
	for (const [, name = "", value = ""] of css.matchAll(/--([\w-]+):\s*([^;]+);/g)) {
		const pair = /^light-dark\((#[0-9a-f]+),\s*(#[0-9a-f]+)\)$/i.exec(value.trim());
		const colour = pair ? pair[dark ? 2 : 1] : value.trim();
		if (colour && /^#[0-9a-f]{6}$/i.test(colour)) into.set(name, colour);
	}
	return into;
}

const plain = block(source, /:root,\s*\.theatre \{\s*\/\*/);
const sharper = source.slice(source.indexOf("@media (prefers-contrast: more)"));
const sharp = block(sharper, /:root,\s*\.theatre \{/);
const darker = block(source, /:root\[data-place="theatre"\],\s*\[data-place="theatre"\] \.theatre \{/);

const variants: Record<string, { tokens: Tokens; text: number }> = {
	"by day": { tokens: read(plain, false), text: 4.5 },
	"in the dark": { tokens: read(plain, true), text: 4.5 },
	"in the theatre": { tokens: read(darker, true, read(plain, true)), text: 4.5 },
	"by day, more contrast": { tokens: read(sharp, false, read(plain, false)), text: 7 },
	"in the dark, more contrast": { tokens: read(sharp, true, read(plain, true)), text: 7 },
};

const grounds = ["canvas", "surface", "raised", "sunken", "hover"];

// Text: WCAG 2.2, 1.4.3 (4.5 : 1), and 1.4.6 (7 : 1) for those who ask for more contrast.
const text: [ink: string, ground: string][] = [
	...["ink", "ink-soft", "ink-faint", "accent-ink", "live-ink", "danger-ink"].flatMap((ink) =>
		grounds.map((ground): [string, string] => [ink, ground]),
	),
	["ink", "accent-soft"],
	["accent-ink", "accent-soft"],
	["live-ink", "live-soft"],
	["quiet-ink", "quiet-soft"],
	["stopped-ink", "stopped-soft"],
	["onair-ink", "onair-soft"],
	["ink-inverse", "inverse"],
	["on-accent", "accent"],
	["on-accent", "accent-hover"],
	["on-danger", "danger"],
	["on-danger", "danger-hover"],
];

// Large words on solid status grounds, bounds of controls, focus rings: 1.4.11 (3 : 1), never less.
const shapes: [shape: string, ground: string, least: number][] = [
	["on-live", "live", 4.5],
	["on-quiet", "quiet", 4.5],
	["on-onair", "onair", 3],
	...["line-strong", "focus", "live", "accent"].flatMap((shape) =>
		["canvas", "surface", "raised"].map((ground): [string, string, number] => [shape, ground, 3]),
	),
	["quiet", "surface", 3],
	["stopped", "surface", 3],
	["onair", "surface", 3],
];

function luminance(colour: string): number {
	const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
		const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
		return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
	const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
	return (light + 0.05) / (dark + 0.05);
}

function assertContrast(tokens: Tokens, ink: string, ground: string, least: number): void {
	const [front, back] = [tokens.get(ink), tokens.get(ground)];
	assert.ok(front && back, `no colour for --${ink} or --${ground}`);
	const measured = contrast(front, back);
	assert.ok(measured >= least, `--${ink} on --${ground}: ${measured.toFixed(2)}, at least ${least}`);
}

test("contrast of black on white is 21", () => {
	assert.equal(Math.round(contrast("#000000", "#ffffff") * 100) / 100, 21);
});

for (const [name, { tokens, text: least }] of Object.entries(variants)) {
	for (const [ink, ground] of text) {
		test(`${name}: ${ink} reads on ${ground}`, () => assertContrast(tokens, ink, ground, least));
	}
	for (const [shape, ground, bound] of shapes) {
		test(`${name}: ${shape} is seen on ${ground}`, () => assertContrast(tokens, shape, ground, bound));
	}
}
