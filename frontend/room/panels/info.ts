import { html, nothing, type TemplateResult } from "lit/html.js";
import type { OperationFacts } from "../bootstrap.ts";
import { clockTime, joined } from "../format.ts";
import { icon } from "../icons.ts";
import { plural, t } from "../messages.ts";
import type { Room } from "../room.ts";

/** What is being operated, by whom, and what comes next. */
export function info(room: Room): TemplateResult {
	const { operation } = room.page;
	const { operation: now } = room.state;
	const started = now?.on_air_since;
	return html`<div class="info">
		${facts(operation)}
		<dl class="info-facts">
			${fact(t("On air since"), clockTime(started))} ${fact(t("Theatre"), operation.hall)}
			${fact(t("Specialty"), operation.specialty)} ${fact(t("Congress"), operation.congress)}
			${room.watching ? fact(t("In this room"), plural(room.watching, "{count} person", "{count} people")) : nothing}
		</dl>
		${operation.team?.length ? team(operation.team) : nothing}
		${operation.abstract ? html`<p class="info-abstract">${operation.abstract}</p>` : nothing}
		${operation.next?.length ? next(operation.next) : nothing}
		${
			operation.page_url
				? html`<a class="button" href=${operation.page_url}>${icon("external-link")}${t("Page of this operation")}</a>`
				: nothing
		}
	</div>`;
}

const fact = (name: string, value: string | undefined) =>
	value ? html`<div><dt>${name}</dt><dd>${value}</dd></div>` : nothing;

const facts = ({ title, kind_label }: OperationFacts) => html`
	<h2 class="info-title">${title}</h2>
	${kind_label ? html`<p class="soft">${kind_label}</p>` : nothing}
`;

const team = (people: NonNullable<OperationFacts["team"]>) => html`<section class="questions-part">
	<h3 class="questions-title">${t("Operating team")}</h3>
	<ul class="info-team">
		${people.map(
			({ name, role_label, affiliation, city }) => html`<li>
				<strong>${name}</strong>
				<span class="soft">${joined(role_label, affiliation, city)}</span>
			</li>`,
		)}
	</ul>
</section>`;

const next = (slots: NonNullable<OperationFacts["next"]>) => html`<section class="questions-part">
	<h3 class="questions-title">${t("Next in this theatre")}</h3>
	<ul class="info-next">
		${slots.map(
			({ title, starts_at, url }) =>
				html`<li>
					<time datetime=${starts_at}>≈ ${clockTime(starts_at)}</time>
					${url ? html`<a href=${url}>${title}</a>` : html`<span>${title}</span>`}
				</li>`,
		)}
	</ul>
</section>`;
