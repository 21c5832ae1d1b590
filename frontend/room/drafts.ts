import type { Keeper } from "./keep.ts";

/** What somebody is typing, kept on every keystroke and given back after a reload. */
export class Drafts {
	private readonly keeper: Keeper;
	private readonly prefix: string;

	constructor(keeper: Keeper, room: string, person: string) {
		this.keeper = keeper;
		this.prefix = `konsilium.draft.${room}.${person}.`;
	}

	read(field: string): string {
		return this.keeper.get(this.prefix + field) ?? "";
	}

	write(field: string, text: string): void {
		if (text) this.keeper.set(this.prefix + field, text);
		else this.keeper.remove(this.prefix + field);
	}

	/** Gives back a text that could not be sent, in front of what was typed since. */
	giveBack(field: string, text: string): void {
		const typed = this.read(field);
		this.write(field, typed && typed !== text ? `${text}\n\n${typed}` : text);
	}
}
