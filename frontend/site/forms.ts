import { icon } from "./toast.ts";

/** A form is sent once; a password can be looked at; a choice can send its form. */
export function watchForms(): void {
	document.addEventListener("submit", (event) => {
		if (event.defaultPrevented) return;
		const form = event.target as HTMLFormElement;
		if (form.method === "dialog" || form.hasAttribute("hx-post") || form.target) return;
		if (form.dataset["sent"] !== undefined) {
			event.preventDefault();
			return;
		}
		form.dataset["sent"] = "";
		event.submitter?.setAttribute("aria-busy", "true");
	});
	// A page taken back from the browser's memory is ready to be sent again.
	window.addEventListener("pageshow", () => {
		for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) {
			delete form.dataset["sent"];
			form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
		}
	});
	for (const field of document.querySelectorAll<HTMLInputElement>(".field input[type=password]"))
		addReveal(field);
	document.addEventListener("change", (event) => {
		const field = event.target as HTMLSelectElement;
		if (field.matches("[data-sends]")) field.form?.requestSubmit();
	});
}

/** Lets the reader look at what they typed: fewer wrong passwords, fewer weak ones. */
function addReveal(field: HTMLInputElement): void {
	const label = document.body.dataset["showPassword"];
	if (!label) return;
	const button = document.createElement("button");
	button.type = "button";
	button.className = "button button-plain button-icon";
	button.setAttribute("aria-label", label);
	button.setAttribute("aria-pressed", "false");
	button.append(icon("eye"));
	button.addEventListener("click", () => {
		const shown = field.type === "password";
		field.type = shown ? "text" : "password";
		button.setAttribute("aria-pressed", String(shown));
		button.replaceChildren(icon(shown ? "eye-off" : "eye"));
	});
	const box = document.createElement("span");
	box.className = "password";
	field.replaceWith(box);
	box.append(field, button);
}
