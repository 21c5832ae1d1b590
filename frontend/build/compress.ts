// Lays a .gz and a .br beside every text file of the build, so that the server compresses nothing while it works.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import type { Plugin } from "vite";

const WORTH_IT = 1000;

export function compress(): Plugin {
	return {
		name: "konsilium-compress",
		apply: "build",
		async writeBundle({ dir }, bundle) {
			if (!dir) return;
			const names = Object.keys(bundle).filter((name) => /\.(js|css|svg)$/.test(name));
			await Promise.all(names.map((name) => lay(join(dir, name))));
		},
	};
}

async function lay(path: string): Promise<void> {
	const content = await readFile(path);
	if (content.length < WORTH_IT) return;
	const [zipped, brotli] = await Promise.all([
		promisify(gzip)(content, { level: 9 }),
		promisify(brotliCompress)(content),
	]);
	await writeFile(`${path}.gz`, zipped);
	await writeFile(`${path}.br`, brotli);
}
