/** Menus close by Escape or a click elsewhere; dialogs and toasts open and close by buttons that name them. */
export function watchOverlays(): void {
	document.addEventListener("click", (event) => {
		const target = event.target as Element;
		for (const menu of document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")) {
			if (!menu.contains(target)) menu.open = false;
		}
		press(target);
	});
	document.addEventListener("keydown", (event) => {
		if (event.key !== "Escape") return;
		const menu = document.querySelector<HTMLDetailsElement>("details[data-menu][open]");
		if (!menu) return;
		menu.open = false;
		menu.querySelector("summary")?.focus();
	});
}

function press(target: Element): void {
	const button = target.closest<HTMLElement>("[data-opens], [data-closes], [data-dismisses], [data-copies]");
	if (!button) return;
	const { opens, closes, dismisses, copies } = button.dataset;
	if (opens) dialog(opens)?.showModal();
	if (closes !== undefined) (closes ? dialog(closes) : button.closest("dialog"))?.close();
	if (dismisses) button.closest(dismisses)?.remove();
	if (copies) void navigator.clipboard.writeText(copies).then(() => button.classList.add("is-copied"));
}

function dialog(id: string): HTMLDialogElement | null {
	const element = document.getElementById(id);
	return element instanceof HTMLDialogElement ? element : null;
}
