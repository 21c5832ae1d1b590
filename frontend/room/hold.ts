// A press of 0.6 s instead of a question "are you sure?": no dialogue between a hand and the stop, and none
// needed against a sleeve that brushes the screen.

export const HOLD_MS = 600;

/** One press, by finger, mouse or key. Moments are those of the events: when it happened, not when we heard of it. */
export class Press {
	private timer: ReturnType<typeof setTimeout> | undefined;
	private since = 0;
	private readonly act: () => void;
	private readonly show: (holding: boolean) => void;

	constructor(act: () => void, show: (holding: boolean) => void) {
		this.act = act;
		this.show = show;
	}

	begin(at: number): void {
		if (this.timer !== undefined) return;
		this.since = at;
		this.timer = setTimeout(() => this.finish(), HOLD_MS);
		this.show(true);
	}

	/** A busy page hears of a press late and of its end in time: it was held for as long as the hand held it. */
	end(at: number): void {
		if (this.timer === undefined) return;
		if (at - this.since >= HOLD_MS) this.finish();
		else this.cancel();
	}

	cancel(): void {
		clearTimeout(this.timer);
		this.timer = undefined;
		this.show(false);
	}

	private finish(): void {
		this.cancel();
		this.act();
	}
}

/** How long a first press waits for the second. */
export const ARMED_MS = 5000;

/** Who cannot hold presses twice: the first press arms, the second one acts. */
export class Twice {
	/** What a second press would do. */
	armed: string | null = null;
	private timer: ReturnType<typeof setTimeout> | undefined;
	private readonly onChange: () => void;

	constructor(onChange: () => void) {
		this.onChange = onChange;
	}

	press(name: string, act: () => void): void {
		const again = this.armed === name;
		this.arm(again ? null : name);
		if (again) act();
	}

	private arm(name: string | null): void {
		clearTimeout(this.timer);
		this.armed = name;
		if (name !== null) this.timer = setTimeout(() => this.arm(null), ARMED_MS);
		this.onChange();
	}
}

/**
 * Screen readers, voice control and switches cannot hold. They send a click that no pointer made (`detail` counts a
 * pointer's clicks), or one during which a button is down, as no hand does (TalkBack).
 */
const isVirtual = ({ detail, buttons }: MouseEvent): boolean => detail === 0 || buttons === 1;

/** Makes a button act when it has been held, or `tap` when it was clicked by whoever cannot hold. `data-holding` shows the progress. */
export function holdable(button: HTMLElement, act: () => void, tap: () => void): void {
	let meant: string | undefined;
	const press = new Press(
		// A button that changed its meaning under the finger does nothing.
		() => button.dataset["act"] === meant && act(),
		(holding) => button.toggleAttribute("data-holding", holding),
	);
	const begin = (event: Event) => {
		meant = button.dataset["act"];
		press.begin(event.timeStamp);
	};
	button.addEventListener("pointerdown", (event) => {
		if (event.button !== 0) return;
		// A glove slides: the press stays with the button until the finger is lifted.
		button.setPointerCapture(event.pointerId);
		begin(event);
	});
	button.addEventListener("pointerup", (event) => press.end(event.timeStamp));
	for (const name of ["pointercancel", "blur"]) button.addEventListener(name, () => press.cancel());
	button.addEventListener("click", (event) => isVirtual(event) && tap());
	button.addEventListener("contextmenu", (event) => event.preventDefault());
	button.addEventListener("keydown", (event) => {
		if (event.code !== "Enter" && event.code !== "Space") return;
		event.preventDefault();
		event.stopPropagation();
		if (!event.repeat) begin(event);
	});
	button.addEventListener("keyup", (event) => {
		if (event.code !== "Enter" && event.code !== "Space") return;
		event.preventDefault();
		press.end(event.timeStamp);
	});
}
