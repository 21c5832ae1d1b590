import { TIMES } from "./link.ts";
import type { Socket } from "./socket.ts";

const TICK = 2000;

/** Tells the socket what happens to the page: sleep, the lid, the network, the tab behind others. */
export function watchPage(socket: Socket): void {
	let hiding: number | undefined;
	let ticked = Date.now();
	const hidden = () => {
		window.clearTimeout(hiding);
		if (document.hidden) hiding = window.setTimeout(() => socket.sleep(), TIMES.hidden);
		else socket.wake();
	};
	document.addEventListener("visibilitychange", hidden);
	window.addEventListener("online", () => socket.retryStream());
	window.addEventListener("offline", () => socket.poke());
	// A page that comes back from the back/forward cache has lost its connections.
	window.addEventListener("pageshow", (event) => {
		if (event.persisted) socket.poke();
	});
	window.setInterval(() => {
		const now = Date.now();
		// Timers stand still while a machine sleeps. Hidden tabs tick once a minute and are no proof.
		if (!document.hidden && now - ticked > 5 * TICK) socket.poke();
		ticked = now;
	}, TICK);
	if (document.hidden) hidden();
}
