/** Changes the theme at once, and tells the server for the next page. */
export function watchTheme(): void {
	document.addEventListener("submit", (event) => {
		const form = event.target as HTMLFormElement;
		if (!form.matches("[data-theme-switch]")) return;
		const button = event.submitter as HTMLButtonElement | null;
		if (!button) return;
		event.preventDefault();
		document.documentElement.dataset["theme"] = button.value;
		for (const other of form.querySelectorAll<HTMLButtonElement>("button[name=theme]")) {
			other.setAttribute("aria-pressed", String(other === button));
		}
		form.closest("details")?.removeAttribute("open");
		void fetch(form.action, { method: "POST", body: new FormData(form, button), redirect: "manual" });
	});
}
