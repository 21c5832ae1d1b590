// The live room's script, compressed, as a browser on plain http gets it: at most 150 kB.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

interface Chunk {
	file: string;
	imports?: string[];
}

const BUDGET = 150_000;
const dist = join(import.meta.dirname, "..", "dist");
const manifest = join(dist, "manifest.json");

const entries = ["live", "desk", "board", "screen", "director", "recording", "uploads"].map(
	(name) => `room/${name}.ts`,
);
for (const entry of entries)
	test(`${entry} stays within its budget`, { skip: !existsSync(manifest) && "nothing is built" }, () => {
		const chunks: Record<string, Chunk> = JSON.parse(readFileSync(manifest, "utf8"));
		const files = new Set<string>();
		const walk = (name: string): void => {
			const chunk = chunks[name];
			if (!chunk || files.has(chunk.file)) return;
			files.add(chunk.file);
			for (const needed of chunk.imports ?? []) walk(needed);
		};
		for (const name of [entry, "site/site.ts"]) walk(name);
		const sizes = [...files].map((file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length);
		const total = sizes.reduce((sum, size) => sum + size, 0);
		assert.ok(files.size > 1, "the entry is in the manifest");
		assert.ok(total <= BUDGET, `${total} bytes`);
	});
