// How hls.js is set up: close to the edge, patient with a media plane that restarts.
import type { HlsConfig } from "hls.js";

const patient = {
	maxTimeToFirstByteMs: 9000,
	maxLoadTimeMs: 20_000,
	timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
	// A media plane that restarts is back within five seconds.
	errorRetry: {
		maxNumRetry: 8,
		retryDelayMs: 250,
		maxRetryDelayMs: 1500,
		backoff: "exponential" as const,
		// Who has no right gets none by asking again: first a new grant, then once more.
		shouldRetry: (
			_policy: unknown,
			_count: number,
			_timeout: boolean,
			response?: { code?: number },
			retry?: boolean,
		) => (isRefusal(response?.code) ? false : (retry ?? true)),
	},
};

export const isRefusal = (status: number | undefined): boolean => status === 401 || status === 403;

export const LOW_LATENCY: Partial<HlsConfig> = {
	lowLatencyMode: true,
	// Which camera to load is known only once the list has been read.
	autoStartLoad: false,
	// Remuxing is nothing for fragmented MP4; a worker costs a hop for every part and 41 kB (docs/decisions/0010).
	enableWorker: false,
	// Plain http in a hospital's network has no Web Crypto.
	enableSoftwareAES: true,
	// Pace does this, closer to the edge.
	maxLiveSyncPlaybackRate: 1,
	liveSyncOnStallIncrease: 0.3,
	maxBufferLength: 8,
	maxMaxBufferLength: 16,
	backBufferLength: 45,
	liveDurationInfinity: true,
	startFragPrefetch: true,
	testBandwidth: false,
	preserveManualLevelOnError: true,
	enableDateRangeMetadataCues: false,
	enableEmsgMetadataCues: false,
	enableID3MetadataCues: false,
	detectStallWithCurrentTimeMs: 800,
	highBufferWatchdogPeriod: 1,
	manifestLoadPolicy: { default: patient },
	playlistLoadPolicy: { default: patient },
	fragLoadPolicy: { default: patient },
	keyLoadPolicy: { default: patient },
};

/** A recording does not run away: more in store, fewer pauses. */
export const RECORDED_BUFFER_S = 30;

/** Cookies go along to a media host of another name only when asked to. */
export function withCookies(url: string): Partial<HlsConfig> {
	const foreign = new URL(url, location.href).origin !== location.origin;
	return {
		xhrSetup: (request) => {
			request.withCredentials = foreign;
		},
	};
}

/**
 * Sound alone is for thin lines, and parts cost more than what is in them: five parts and five lists a second come to
 * 100 kbit/s around a sound of 28. Whole segments of two seconds and a list for each pass through 48, four seconds
 * later. hls.js asks for a list by its parts even so, three times a segment; without the part the origin answers
 * when the segment is whole.
 */
export function wholeSegments(url: string): Partial<HlsConfig> {
	const { xhrSetup } = withCookies(url);
	return {
		lowLatencyMode: false,
		// One that plays, one that is being made, and the time to fetch it; hls.js would take three of the longest, 12 s.
		liveSyncDuration: 5,
		xhrSetup: (request, address, context) => {
			const asked = new URL(address, location.href);
			asked.searchParams.delete("_HLS_part");
			request.open("GET", asked.href);
			return xhrSetup?.(request, address, context);
		},
	};
}

/** A list changes with every part of 0.2 s: asked this much later, it is answered as early. */
const REST_OF_LIST_MS = 130;

/**
 * For a camera beside the leader. A list that waits for its next part holds a connection, and a browser has six to a
 * server without HTTP/2: with four cameras five lists and the room's events held all of them. One part in ten stood
 * in the queue for 46 to 91 ms; where tiles ask shortly before their lists change, for 14 to 29 ms.
 */
export function sparing(url: string): Partial<HlsConfig> {
	const { xhrSetup } = withCookies(url);
	return {
		xhrSetup: async (request, address, context) => {
			xhrSetup?.(request, address, context);
			if ("deliveryDirectives" in context && context.deliveryDirectives)
				await new Promise((resolve) => setTimeout(resolve, REST_OF_LIST_MS));
		},
	};
}
