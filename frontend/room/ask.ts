// Asks the server for what a page keeps fresh, and says in words why there is no answer.
import { checked, RefusedError } from "./link.ts";
import { t } from "./messages.ts";

export type Asked<T> = { answer: T; trouble: "" } | { answer: null; trouble: string };

export async function ask<T>(url: string): Promise<Asked<T>> {
	try {
		const response = await checked(
			await fetch(url, {
				headers: { Accept: "application/json" },
				cache: "no-store",
				signal: AbortSignal.timeout(10_000),
			}),
		);
		return { answer: (await response.json()) as T, trouble: "" };
	} catch (error) {
		return { answer: null, trouble: sentence(error) };
	}
}

function sentence(error: unknown): string {
	if (!(error instanceof RefusedError))
		return t("The server does not answer. What stands here may be old; we keep asking.");
	if (error.status === 401) return t("Your session has ended. Load the page again and sign in.");
	return error.message || t("The server refused to answer ({status}).", { status: error.status });
}
