import { defineConfig } from "vite";
import { compress } from "./build/compress.ts";
import { slimHls } from "./player/slim.ts";

// Browsers of hospital work places are often years behind: Chrome 109 is the last one for Windows 7.
const browsers = ["chrome109", "edge109", "firefox115", "safari16"];

export default defineConfig({
	// Relative addresses: the server alone decides where static files live.
	base: "./",
	publicDir: false,
	plugins: [slimHls(), compress()],
	build: {
		outDir: "dist",
		emptyOutDir: true,
		manifest: "manifest.json",
		target: browsers,
		cssTarget: browsers,
		// An inlined asset is a data: address, which the content security policy refuses.
		assetsInlineLimit: 0,
		// Dependencies are preloaded by the {% vite %} tag; the polyfill would be one script more.
		modulePreload: { polyfill: false },
		rolldownOptions: {
			input: [
				"styles/site.css",
				"styles/live.css",
				"site/site.ts",
				"room/live.ts",
				"room/desk.ts",
				"room/board.ts",
				"room/screen.ts",
				"room/director.ts",
				"room/recording.ts",
				"room/uploads.ts",
			],
		},
	},
});
