// What must survive a reload, a crash or a dead battery. Storage may be full or forbidden: then memory serves.

export interface Keeper {
	get(key: string): string | null;
	set(key: string, value: string): void;
	remove(key: string): void;
	keys(): string[];
}

export function memoryKeeper(): Keeper {
	const values = new Map<string, string>();
	return {
		get: (key) => values.get(key) ?? null,
		set: (key, value) => void values.set(key, value),
		remove: (key) => void values.delete(key),
		keys: () => [...values.keys()],
	};
}

export function keeperOf(open: () => Storage): Keeper {
	const spare = memoryKeeper();
	let storage: Storage;
	try {
		storage = open();
		storage.getItem("konsilium");
	} catch {
		return spare;
	}
	return {
		get: (key) => storage.getItem(key) ?? spare.get(key),
		set(key, value) {
			try {
				storage.setItem(key, value);
				spare.remove(key);
			} catch {
				spare.set(key, value);
			}
		},
		remove(key) {
			storage.removeItem(key);
			spare.remove(key);
		},
		keys: () => [
			...Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? ""),
			...spare.keys(),
		],
	};
}

/** Kept on this device, for this person in this room. */
export const lasting = (): Keeper => keeperOf(() => window.localStorage);
/** Kept by this tab, over reloads. */
export const ofThisTab = (): Keeper => keeperOf(() => window.sessionStorage);
