import { currentLanguage } from "./messages.ts";

let zone: string | undefined;

export function useTimeZone(chosen: string): void {
	try {
		new Intl.DateTimeFormat("en", { timeZone: chosen });
		zone = chosen;
	} catch {
		zone = undefined;
	}
}

/** Hours are always counted to 24, as on a ward. */
export const clockTime = (iso: string | null | undefined): string =>
	iso
		? new Intl.DateTimeFormat(currentLanguage(), {
				hour: "2-digit",
				minute: "2-digit",
				hourCycle: "h23",
				...(zone ? { timeZone: zone } : {}),
			}).format(new Date(iso))
		: "";

/** 9 March 2026 */
export const day = (iso: string): string =>
	new Intl.DateTimeFormat(currentLanguage(), {
		dateStyle: "long",
		...(zone ? { timeZone: zone } : {}),
	}).format(new Date(iso));

const two = (value: number): string => String(value).padStart(2, "0");

/** 00:42:10 */
export function runningTime(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** "1.1", "12": a delay is read at a glance. */
export const seconds = (value: number): string =>
	new Intl.NumberFormat(currentLanguage(), {
		minimumFractionDigits: value < 10 ? 1 : 0,
		maximumFractionDigits: value < 10 ? 1 : 0,
	}).format(value);

export const joined = (...parts: (string | null | undefined)[]): string => parts.filter(Boolean).join(", ");

/** 10:42:05 */
export const clockSeconds = (moment: number): string =>
	new Intl.DateTimeFormat(currentLanguage(), {
		hour: "2-digit",
		minute: "2-digit",
		second: "2-digit",
		hourCycle: "h23",
		...(zone ? { timeZone: zone } : {}),
	}).format(new Date(moment));

/** 1,2 GB */
export function bytes(count: number): string {
	const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
	const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
	const value = count / 1000 ** power;
	return new Intl.NumberFormat(currentLanguage(), {
		style: "unit",
		unit: units[power] ?? "byte",
		maximumFractionDigits: value < 10 && power > 1 ? 1 : 0,
	}).format(value);
}

export const percent = (part: number): string =>
	new Intl.NumberFormat(currentLanguage(), { style: "percent", maximumFractionDigits: 0 }).format(part);
