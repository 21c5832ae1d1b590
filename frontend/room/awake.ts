/** Keeps a board's or a hall's screen from going dark, where the browser allows it (https). */
export function keepAwake(): void {
	const ask = () => {
		if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
	};
	document.addEventListener("visibilitychange", ask);
	ask();
}
