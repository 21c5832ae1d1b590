/** The cookie outlives a new sign-in in another tab; the page's own token does not. */
export function csrf(given: string): string {
	return /(?:^|;\s*)konsilium_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? given;
}
