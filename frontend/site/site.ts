// Small helps on ordinary pages. Every page works without them.
import "../icons/favicon.svg?url";
import "../icons/sprite.svg?url";
import { keepDrafts } from "./drafts.ts";
import { watchForms } from "./forms.ts";
import { watchOverlays } from "./overlays.ts";
import { tabHalls } from "./tabs.ts";
import { watchTheme } from "./theme.ts";
import { showToast } from "./toast.ts";
import { guessZone } from "./zone.ts";

function cookie(name: string): string {
	const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
	return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/** Only pages that use htmx fetch it. The content security policy allows it neither eval nor inline styles. */
async function startHtmx(): Promise<void> {
	if (!document.querySelector("[hx-get], [hx-post], [data-hx-get], [data-hx-post]")) return;
	const { default: htmx } = await import("htmx.org");
	htmx.config.allowEval = false;
	htmx.config.includeIndicatorStyles = false;
	document.addEventListener("htmx:configRequest", (event) => {
		(event as CustomEvent<{ headers: Record<string, string> }>).detail.headers["X-CSRFToken"] =
			cookie("konsilium_csrf");
	});
	document.addEventListener("htmx:sendError", () => {
		const text = document.querySelector<HTMLElement>("[data-toasts]")?.dataset["offline"];
		if (text) showToast(text, "error");
	});
	htmx.process(document.body);
}

watchTheme();
watchOverlays();
watchForms();
keepDrafts(document);
tabHalls();
guessZone();
void startHtmx();
