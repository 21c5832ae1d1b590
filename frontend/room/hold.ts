// A press of 0.6 s instead of a question "are you sure?": no dialogue between a hand and the stop, and none
// needed against a sleeve that brushes the screen.

export const HOLD_MS = 600;

/** Makes a button act when it has been held, by finger, mouse or key. `data-holding` shows the progress. */
export function holdable(button: HTMLElement, act: () => void): void {
	let timer: number | undefined;
	const begin = () => {
		if (timer !== undefined) return;
		const meant = button.dataset["act"];
		button.dataset["holding"] = "";
		timer = window.setTimeout(() => {
			release();
			// A button that changed its meaning under the finger does nothing.
			if (button.dataset["act"] === meant) act();
		}, HOLD_MS);
	};
	const release = () => {
		window.clearTimeout(timer);
		timer = undefined;
		delete button.dataset["holding"];
	};
	button.addEventListener("pointerdown", (event) => {
		if (event.button !== 0) return;
		// A glove slides: the press stays with the button until the finger is lifted.
		button.setPointerCapture(event.pointerId);
		begin();
	});
	for (const name of ["pointerup", "pointercancel", "blur"]) button.addEventListener(name, release);
	button.addEventListener("contextmenu", (event) => event.preventDefault());
	button.addEventListener("keydown", (event) => {
		if (event.code !== "Enter" && event.code !== "Space") return;
		event.preventDefault();
		event.stopPropagation();
		if (!event.repeat) begin();
	});
	button.addEventListener("keyup", (event) => {
		if (event.code !== "Enter" && event.code !== "Space") return;
		event.preventDefault();
		release();
	});
}
