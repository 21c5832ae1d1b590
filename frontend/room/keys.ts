// Keys by their place on the keyboard, so that they work in a Russian or Kazakh layout too.

export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const TYPING = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]";

/** "Shift+ArrowUp", "KeyA". */
export const nameOf = (event: KeyboardEvent): string =>
	`${event.ctrlKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${event.shiftKey ? "Shift+" : ""}${event.code}`;

export function listen(keys: () => Keys, target: EventTarget = document): void {
	target.addEventListener("keydown", (raw) => {
		const event = raw as KeyboardEvent;
		if (event.defaultPrevented || event.isComposing || event.metaKey) return;
		const from = event.target instanceof Element ? event.target : null;
		if (from?.closest(TYPING)) return;
		const name = nameOf(event);
		// Space and Enter belong to the button that has the focus.
		if ((name === "Space" || name === "Enter") && from?.closest("button, a[href], summary")) return;
		const act = keys()[name];
		if (!act) return;
		event.preventDefault();
		act(event);
	});
}
