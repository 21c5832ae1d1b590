// Lists under a hand. While somebody points at a list nothing in it moves: new entries come at the end, gone ones
// keep their place as ghosts. When the hand leaves, the list becomes what it is.

export interface Row<T> {
	id: string;
	item: T;
	/** Somebody took it away in the meantime. */
	gone: boolean;
}

export function settle<T extends { id: string }>(
	before: readonly Row<T>[],
	items: readonly T[],
	held: boolean,
): Row<T>[] {
	const rows = items.map((item) => ({ id: item.id, item, gone: false }));
	if (!held) return rows;
	const fresh = new Map(rows.map((row) => [row.id, row]));
	const kept = before.map((row) => fresh.get(row.id) ?? { ...row, gone: true });
	const known = new Set(before.map(({ id }) => id));
	return [...kept, ...rows.filter(({ id }) => !known.has(id))];
}
