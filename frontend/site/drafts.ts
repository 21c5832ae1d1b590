/**
 * What somebody types into a field with data-keep="key" outlives a reload, a lost network and a crash:
 * it is kept in the browser until its form has been sent and answered.
 */
const PREFIX = "konsilium.draft.";

export function readDraft(key: string): string {
	try {
		return localStorage.getItem(PREFIX + key) ?? "";
	} catch {
		return "";
	}
}

export function writeDraft(key: string, text: string): void {
	try {
		if (text) localStorage.setItem(PREFIX + key, text);
		else localStorage.removeItem(PREFIX + key);
	} catch {
		// A browser that keeps nothing for us still lets its user write.
	}
}

type Field = HTMLTextAreaElement | HTMLInputElement;

export function keepDrafts(root: ParentNode): void {
	for (const field of root.querySelectorAll<Field>("[data-keep]")) {
		const key = field.dataset["keep"] ?? "";
		if (!field.value) field.value = readDraft(key);
		field.addEventListener("input", () => writeDraft(key, field.value));
	}
	// The answer to a form that was accepted says so: its draft has done its duty.
	for (const done of root.querySelectorAll<HTMLElement>("[data-draft-done]")) {
		writeDraft(done.dataset["draftDone"] ?? "", "");
	}
}
