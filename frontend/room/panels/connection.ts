import { html, nothing, render, type TemplateResult } from "lit/html.js";
import { icon } from "../icons.ts";
import { plural, t } from "../messages.ts";
import type { Room } from "../room.ts";

/** A reconnect that takes less than this is nobody's business. */
const SOON_MS = 1500;

let lostAt: number | null = null;
let checkSoon = false;

/** How long the connection has been away; 0 while it is there. */
export function lostFor(room: Room): number {
	const { kind } = room.socket.link;
	if (kind === "open" || kind === "asleep") {
		lostAt = null;
		return 0;
	}
	lostAt ??= Date.now();
	const lost = Date.now() - lostAt;
	if (lost < SOON_MS && !checkSoon) {
		checkSoon = true;
		setTimeout(() => {
			checkSoon = false;
			room.changed();
		}, SOON_MS + 50);
	}
	return lost;
}

export const isLost = (room: Room): boolean =>
	room.socket.link.kind === "refused" || lostFor(room) >= SOON_MS;

/** Says plainly that the page is not up to date, and that nothing is lost. */
function connection(room: Room): TemplateResult | typeof nothing {
	const { link } = room.socket;
	if (!isLost(room)) return nothing;
	const waiting = room.outbox.pending().length;
	if (link.kind === "refused") {
		const signedOut = link.status === 401;
		return html`<div class="link-lost" role="alert">
			${icon("lock")}
			<span>
				${signedOut ? t("You are signed out.") : link.message || t("You may not be in this room.")}
				${waiting ? plural(waiting, "{count} message is kept.", "{count} messages are kept.") : nothing}
			</span>
			${
				signedOut
					? html`<a class="button button-small" href="/accounts/login/?next=${encodeURIComponent(location.pathname)}"
							>${t("Sign in")}</a
						>`
					: nothing
			}
		</div>`;
	}
	return html`<div class="link-lost" role="alert">
		${icon("wifi-off")}
		<span>
			${t("Connection lost. We keep trying.")}
			${
				waiting
					? plural(
							waiting,
							"{count} message is kept and will be sent by itself.",
							"{count} messages are kept and will be sent by themselves.",
						)
					: nothing
			}
		</span>
		<button class="button button-small" type="button" @click=${() => room.socket.poke()}>${t("Try now")}</button>
	</div>`;
}

/** Keeps the line above everything else, whatever the page. */
export function showConnection(room: Room): void {
	const place = document.createElement("div");
	place.className = "link-place";
	document.body.append(place);
	room.onChange(() => render(connection(room), place));
}
