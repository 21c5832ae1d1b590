// Writes icons/sprite.svg: one <symbol> per name in names.ts, from Lucide (ISC) or from our own drawings.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { names } from "./names.ts";

const here = import.meta.dirname;
const lucide = join(here, "..", "node_modules", "lucide-static", "icons");

export function symbol(name: string, svg: string): string {
	const match = /<svg\b([^>]*)>([\s\S]*)<\/svg>/.exec(svg);
	if (!match) throw new Error(`Icon ${name} is not an SVG document.`);
	const box = /viewBox="([^"]+)"/.exec(match[1] ?? "")?.[1] ?? "0 0 24 24";
	const body = (match[2] ?? "").replace(/\s*\n\s*/g, "").trim();
	return `<symbol id="${name}" viewBox="${box}">${body}</symbol>`;
}

function drawing(name: string): string {
	for (const folder of [join(here, "own"), lucide]) {
		const path = join(folder, `${name}.svg`);
		if (existsSync(path)) return readFileSync(path, "utf8");
	}
	throw new Error(`No icon is called ${name}: add it to icons/own or choose one of Lucide's.`);
}

function build(): void {
	const symbols = [...names].sort().map((name) => symbol(name, drawing(name)));
	const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
	writeFileSync(join(here, "sprite.svg"), sprite);
}

if (import.meta.main) build();
