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
	document.addEventListener("click", (event) => {
		const button = (event.target as Element).closest<HTMLElement>("[data-reveals]");
		const field = button && document.getElementById(button.dataset["reveals"] ?? "");
		if (!(field instanceof HTMLInputElement)) return;
		field.type = field.type === "password" ? "text" : "password";
		button?.setAttribute("aria-pressed", String(field.type === "text"));
	});
	document.addEventListener("change", (event) => {
		const field = event.target as HTMLSelectElement;
		if (field.matches("[data-sends]")) field.form?.requestSubmit();
	});
}
