const COOKIE = "konsilium_time_zone";

/**
 * A visitor who has chosen no time zone gets the browser's: for this page by rewriting its times,
 * for the next ones by a cookie.
 */
export function guessZone(): void {
	for (const field of document.querySelectorAll<HTMLInputElement>("[data-zone-field]")) {
		if (!field.value) field.value = browserZone();
	}
	const root = document.documentElement;
	if (root.dataset["zoneGuess"] === undefined || document.cookie.includes(`${COOKIE}=`)) return;
	const secure = location.protocol === "https:" ? "; Secure" : "";
	// biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox 115 and Safari 16.
	document.cookie = `${COOKIE}=${browserZone()}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
	const times = [...document.querySelectorAll<HTMLTimeElement>("time.time")];
	const changed = times.filter(rewrite).length;
	if (changed > 0) document.querySelector("[data-zone-note]")?.remove();
}

function browserZone(): string {
	return Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}

/** Puts the browser's hour in place of the server's, where the text is nothing but an hour. */
export function hourIn(moment: Date, text: string, zone: string | undefined): string {
	if (!/^(≈\u00a0)?\d\d:\d\d$/.test(text)) return text;
	const hour = new Intl.DateTimeFormat("en-GB", {
		hour: "2-digit",
		minute: "2-digit",
		hourCycle: "h23",
		timeZone: zone,
	} as Intl.DateTimeFormatOptions).format(moment);
	return text.startsWith("≈") ? `≈\u00a0${hour}` : hour;
}

function rewrite(time: HTMLTimeElement): boolean {
	const text = time.textContent.trim();
	if (Number.isNaN(Date.parse(time.dateTime))) return false;
	const mine = hourIn(new Date(time.dateTime), text, undefined);
	if (mine === text) return false;
	if (!time.title) time.title = text;
	time.textContent = mine;
	return true;
}
