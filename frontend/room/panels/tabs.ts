// A row of tabs above one panel, as WAI-ARIA describes them: Tab reaches the chosen one, arrows the others.
import { html, nothing, type TemplateResult } from "lit/html.js";

export interface TabFacts<Name extends string> {
	label: string;
	/** In the order in which they stand. */
	titles: Readonly<Record<Name, () => string>>;
	chosen: Name;
	choose: (name: Name) => void;
	/** Behind a title. */
	mark?: (name: Name) => TemplateResult | typeof nothing;
}

export function tabRow<Name extends string>(facts: TabFacts<Name>): TemplateResult {
	const names = Object.keys(facts.titles) as Name[];
	const arrows = (event: KeyboardEvent) => {
		const step = event.code === "ArrowRight" ? 1 : event.code === "ArrowLeft" ? -1 : 0;
		if (!step) return;
		event.preventDefault();
		event.stopPropagation();
		const forward = document.documentElement.dir === "rtl" ? -step : step;
		const next = names[(names.indexOf(facts.chosen) + forward + names.length) % names.length];
		if (!next) return;
		facts.choose(next);
		document.getElementById(`tab-${next}`)?.focus();
	};
	return html`<div class="tabs" role="tablist" aria-label=${facts.label} @keydown=${arrows}>
		${names.map(
			(name) => html`<button
				class="tab"
				type="button"
				role="tab"
				id="tab-${name}"
				aria-selected=${String(name === facts.chosen)}
				aria-controls="panel-${name}"
				tabindex=${name === facts.chosen ? 0 : -1}
				@click=${() => facts.choose(name)}
			>${facts.titles[name]()}${facts.mark?.(name) ?? nothing}</button>`,
		)}
	</div>`;
}

export const tabPanel = (name: string, content: unknown): TemplateResult =>
	html`<div class="room-panel" id="panel-${name}" role="tabpanel" aria-labelledby="tab-${name}" tabindex="0">
		${content}
	</div>`;
