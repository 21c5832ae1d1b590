import { iconHref } from "../icons/icon.ts";
import type { IconName } from "../icons/names.ts";

export type Level = "info" | "success" | "warning" | "error";

const SYMBOLS: Record<Level, IconName> = {
	info: "info",
	success: "circle-check",
	warning: "triangle-alert",
	error: "circle-alert",
};

export function icon(name: IconName): SVGSVGElement {
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	svg.setAttribute("class", "icon");
	svg.setAttribute("aria-hidden", "true");
	const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
	use.setAttribute("href", iconHref(name));
	svg.append(use);
	return svg;
}

/** Says what has just happened. Good news goes by itself after a while; bad news stays until it is closed. */
export function showToast(text: string, level: Level = "info", seconds = 8): void {
	const list = document.querySelector<HTMLElement>("[data-toasts]");
	if (!list) return;
	const item = document.createElement("div");
	item.className = `toast toast-${level}`;
	item.dataset["toast"] = "";
	const words = document.createElement("span");
	words.className = "toast-text";
	words.textContent = text;
	const close = document.createElement("button");
	close.type = "button";
	close.className = "button button-plain button-icon";
	close.dataset["dismisses"] = "[data-toast]";
	close.setAttribute("aria-label", list.dataset["closeLabel"] ?? "×");
	close.append(icon("x"));
	item.append(icon(SYMBOLS[level]), words, close);
	list.append(item);
	if (level === "info" || level === "success") window.setTimeout(() => item.remove(), seconds * 1000);
}
