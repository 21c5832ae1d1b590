// Words of the interface. The source language is English and the English text is the key, so a missing
// translation is readable; Python's catalogue supplies the others.

type Values = Record<string, string | number>;
type Catalogue = Record<string, string | string[]>;

let catalogue: Catalogue = {};
let languageNames: Record<string, string> = {};
let language = "en";
/** CLDR's order of the categories, which is also the order of gettext's plural forms. */
const ORDER: Intl.LDMLPluralRule[] = ["zero", "one", "two", "few", "many", "other"];

/** `languages` are names in the chosen one: browsers know few of them in Kazakh. */
export function useMessages(
	messages: Catalogue,
	chosen: string,
	languages: Record<string, string> = {},
): void {
	catalogue = messages;
	language = chosen;
	languageNames = languages;
}

const fill = (text: string, values: Values): string =>
	text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

const written = (value: string | number): string =>
	typeof value === "number" ? new Intl.NumberFormat(language).format(value) : value;

const localised = (values: Values): Values =>
	Object.fromEntries(Object.entries(values).map(([name, value]) => [name, written(value)]));

/** The English text in the reader's language: `t("Question {number} of {count}", {number, count})`. */
export function t(english: string, values: Values = {}): string {
	const found = catalogue[english];
	return fill((typeof found === "string" && found) || english, localised(values));
}

/** One and many, both with {count}; a language may have up to six forms. */
export function plural(count: number, one: string, other: string, values: Values = {}): string {
	const all = localised({ count, ...values });
	const forms = catalogue[one];
	if (!Array.isArray(forms) || forms.length === 0) {
		const english = typeof forms === "string" && forms ? forms : count === 1 ? one : other;
		return fill(english, all);
	}
	const rules = new Intl.PluralRules(language);
	const known = rules.resolvedOptions().pluralCategories;
	const place = ORDER.filter((category) => known.includes(category)).indexOf(rules.select(count));
	return fill(forms[Math.min(place, forms.length - 1)] ?? other, all);
}

/** Content that organisers wrote in several languages: the reader's, else Russian, English, or any. */
export function inMyLanguage(content: unknown): string {
	if (typeof content === "string") return content;
	if (content === null || typeof content !== "object") return "";
	const texts = content as Record<string, string>;
	const short = language.split("-")[0] ?? language;
	return texts[language] || texts[short] || texts["ru"] || texts["en"] || Object.values(texts)[0] || "";
}

/** "Russian" for "ru", in the reader's language; the tag itself where nobody knows it. */
export function languageName(tag: string): string {
	const known = languageNames[tag];
	if (known) return known;
	try {
		return new Intl.DisplayNames([language], { type: "language" }).of(tag) ?? tag;
	} catch {
		return tag;
	}
}

export const currentLanguage = (): string => language;
