// Which camera, and how many at once. Each is a button: what is on it is said, not drawn.
import { html, nothing, type TemplateResult } from "lit/html.js";
import { icon } from "../room/icons.ts";
import { inMyLanguage, t } from "../room/messages.ts";
import { key } from "./controls.ts";
import type { Player } from "./player.ts";

export function feeds(player: Player): TemplateResult | typeof nothing {
	const { engine, channel } = player;
	if (engine.feeds.length < 2) return nothing;
	const programme = player.recorded ? null : (channel?.programme ?? engine.feeds[0]?.key);
	return html`<div class="feeds" role="group" aria-label=${t("Camera")}>
		${player.recorded ? nothing : follow(player)}
		${engine.feeds.map(({ key: name }, index) => {
			const signal = player.signalOf(name);
			const lost = !["live", undefined].includes(signal?.signal);
			return html`<button
				class="feed"
				type="button"
				data-feed=${name}
				?data-shown=${name === engine.feed}
				?data-programme=${name === programme}
				?data-lost=${lost}
				aria-pressed=${String(player.recorded ? name === engine.feed : player.chosen === name)}
				@click=${() => player.choose(name)}
			>
				${lost ? icon("video-off") : icon("video")}<span>${inMyLanguage(player.titleOf(name))}</span>
				${name === programme ? html`<span class="visually-hidden">${t("(shown by the director)")}</span>` : nothing}
				${key(String(index + 1))}
			</button>`;
		})}
	</div>`;
}

/** Back to whichever camera the director shows. */
const follow = (player: Player): TemplateResult => html`<button
			class="feed feed-programme"
			type="button"
			data-feed="programme"
			title=${t("Shows the camera that the director chooses")}
			aria-pressed=${String(player.chosen === null)}
			@click=${() => player.choose(null)}
		>
			${icon("clapperboard")}<span>${t("Director's choice")}</span>${key("0")}
		</button>`;
