// Keys by their place on the keyboard, so that they work in a Russian or Kazakh layout too.

export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const TYPING = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]";
/** Space and Enter press them. */
const PRESSED = "button, a[href], summary, [type=checkbox], [type=radio]";
/** Arrows, Home and End move their thumb or their mark. */
const MOVED = "[type=range], [type=radio]";
/** What scrolls by keys while the focus is in it. */
const SCROLLED = "[role=tabpanel], .player-menu";
const SIDEWAYS = new Set(["ArrowLeft", "ArrowRight"]);
const ALONG = new Set(["ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]);

/** "Shift+ArrowUp", "KeyA". */
export const nameOf = (event: KeyboardEvent): string =>
	`${event.ctrlKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${event.shiftKey ? "Shift+" : ""}${event.code}`;

/** What has the focus does something of its own with this key. */
function isTaken(name: string, from: Element): boolean {
	if (from.closest(TYPING)) return true;
	if ((name === "Space" || name === "Enter") && from.closest(PRESSED)) return true;
	if ((ALONG.has(name) || SIDEWAYS.has(name)) && from.closest(MOVED)) return true;
	return (ALONG.has(name) || name === "Space") && from.closest(SCROLLED) !== null;
}

export function listen(keys: () => Keys, target: EventTarget = document): void {
	target.addEventListener("keydown", (raw) => {
		const event = raw as KeyboardEvent;
		if (event.defaultPrevented || event.isComposing || event.metaKey) return;
		const name = nameOf(event);
		if (event.target instanceof Element && isTaken(name, event.target)) return;
		const act = keys()[name];
		if (!act) return;
		event.preventDefault();
		act(event);
	});
}
