/** On a phone one hall is shown at a time, chosen by tabs; the choice stays in the address. */
export function tabHalls(): void {
	for (const halls of document.querySelectorAll<HTMLElement>(".halls")) {
		const links = [...document.querySelectorAll<HTMLAnchorElement>(".hall-tabs a[href^='#']")];
		const panels = [...halls.querySelectorAll<HTMLElement>(":scope > .hall[id]")];
		if (links.length < 2 || panels.length < 2) continue;
		halls.dataset["tabbed"] = "";
		const choose = (id: string): void => {
			for (const panel of panels) panel.toggleAttribute("data-chosen", panel.id === id);
			for (const link of links) {
				if (link.hash === `#${id}`) link.setAttribute("aria-current", "true");
				else link.removeAttribute("aria-current");
			}
		};
		for (const link of links) {
			link.addEventListener("click", (event) => {
				event.preventDefault();
				history.replaceState(null, "", link.hash);
				choose(link.hash.slice(1));
			});
		}
		const wanted = decodeURIComponent(location.hash.slice(1));
		const chosen =
			panels.find((panel) => panel.id === wanted) ?? panels.find((panel) => panel.matches("[data-first]"));
		choose((chosen ?? panels[0])?.id ?? "");
	}
}
