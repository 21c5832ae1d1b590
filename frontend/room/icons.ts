import { html, type TemplateResult } from "lit/html.js";
import { iconHref } from "../icons/icon.ts";
import type { IconName } from "../icons/names.ts";

/** An icon says nothing to a screen reader: a word stands beside it, or the button has a label. */
export const icon = (name: IconName): TemplateResult =>
	html`<svg class="icon" aria-hidden="true"><use href=${iconHref(name)}></use></svg>`;
