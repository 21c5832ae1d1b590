// hls.js as published is 182 kB compressed; its light build has no separate sound. We build it from its own
// source instead, with separate sound and without what our origin never sends: MPEG-TS, ADTS and MP3 demuxing,
// DRM, subtitles, interstitials, telemetry. The Transmuxer then knows only fragmented MP4.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

const source = join(dirname(createRequire(import.meta.url).resolve("hls.js")), "..", "src");
const version = createRequire(import.meta.url)("hls.js/package.json").version as string;

const leftOut = [
	"EME_DRM",
	"SUBTITLES",
	"CMCD",
	"CONTENT_STEERING",
	"VARIABLE_SUBSTITUTION",
	"M2TS_ADVANCED_CODECS",
	"MEDIA_CAPABILITIES",
	"INTERSTITIALS",
	"IFRAMES",
];

/** Stands for a demuxer or controller that is not part of our build. */
const NOTHING = "\0hls-nothing";
const nothing = "export default class Nothing { static probe() { return false; } }";

/** ID3 tags travel in MPEG-TS and in emsg boxes that our origin does not write. */
const ID3 = "\0hls-id3";
const id3 = `
const none = () => undefined;
const no = () => false;
export { no as canParseId3, no as isId3TimestampFrame, none as getId3Data, none as getId3Timestamp };
export const getId3Frames = () => [];
export const utf8ArrayToStr = (bytes) => new TextDecoder().decode(bytes);
export const uuid = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
`;

const gone = (request: string, importer: string): boolean =>
	request.endsWith("/cmcd-controller") ||
	(importer.endsWith("/transmuxer.ts") && /\/(tsdemuxer|aacdemuxer|mp3demuxer|mp4-remuxer)$/.test(request));

export function slimHls(): Plugin {
	return {
		name: "konsilium-slim-hls",
		enforce: "pre",
		config: () => ({
			define: {
				__USE_ALT_AUDIO__: "true",
				__VERSION__: JSON.stringify(version),
				__HLS_WORKER_BUNDLE__: "undefined",
				__IN_WORKER__: "false",
				...Object.fromEntries(leftOut.map((part) => [`__USE_${part}__`, "false"])),
			},
		}),
		async resolveId(request, importer) {
			if (request === "hls.js") return { id: join(source, "exports-default.ts"), moduleSideEffects: false };
			if (!importer?.startsWith(source)) return null;
			if (request.startsWith("@svta/")) return { id: ID3, moduleSideEffects: false };
			if (gone(request, importer)) return { id: NOTHING, moduleSideEffects: false };
			const found = await this.resolve(request, importer, { skipSelf: true });
			return found && { ...found, moduleSideEffects: false };
		},
		load(id) {
			if (id === NOTHING) return nothing;
			if (id === ID3) return id3;
			return null;
		},
	};
}
