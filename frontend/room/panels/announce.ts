// What a screen reader is told, politely, of things that happen by themselves.
import type { QuestionData } from "../../contracts/rooms.ts";
import { t } from "../messages.ts";
import type { Room } from "../room.ts";
import { allQuestions } from "../state.ts";

export function announcer(): (text: string) => void {
	const region = document.createElement("div");
	region.className = "visually-hidden";
	region.setAttribute("role", "status");
	region.setAttribute("aria-live", "polite");
	document.body.append(region);
	return (text) => {
		// The same words twice are two announcements.
		region.textContent = region.textContent === text ? `${text}\u00a0` : text;
	};
}

/** Tells the audience of answers, and each asker of their own questions. */
export function announceQuestions(room: Room): void {
	const say = announcer();
	let before: Map<string, QuestionData["state"]> | null = null;
	room.onChange(() => {
		if (!room.isKnown) return;
		const now = new Map(allQuestions(room.state).map(({ id, state }) => [id, state]));
		const known = before;
		before = now;
		if (known === null) return;
		for (const question of allQuestions(room.state)) {
			if (known.get(question.id) !== question.state) say(news(question, question.asker.id === room.me.id));
		}
	});
}

function news({ state, text, asker }: QuestionData, mine: boolean): string {
	if (state === "answering") return t("Being answered: {text}, {name}", { text, name: asker.name });
	if (!mine) return "";
	if (state === "approved") return t("Your question was chosen for the theatre: {text}", { text });
	if (state === "answered") return t("Your question has been answered: {text}", { text });
	if (state === "dismissed") return t("Your question was set aside: {text}", { text });
	return t("Your question has arrived: {text}", { text });
}
