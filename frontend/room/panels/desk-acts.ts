// What a moderator may do with a question, each with its key and its way back.
import type { QuestionData } from "../../contracts/rooms.ts";
import type { IconName } from "../../icons/names.ts";
import { t } from "../messages.ts";
import type { Room } from "../room.ts";
import { queue } from "../state.ts";

export interface Undo {
	text: string;
	back: () => void;
	until: number;
}

export interface Act {
	name: string;
	label: string;
	icon: IconName;
	/** By place on the keyboard. */
	code: string;
	key: string;
	primary?: boolean;
	run: () => void;
}

export const UNDO_MS = 10_000;

export class Acts {
	undo: Undo | null = null;
	private readonly room: Room;
	private readonly edit: (question: QuestionData) => void;
	private timer: number | undefined;

	constructor(room: Room, edit: (question: QuestionData) => void) {
		this.room = room;
		this.edit = edit;
	}

	of(question: QuestionData): Act[] {
		return this.all(question).filter(({ name }) => this.room.may(name as "question.edit"));
	}

	takeBack(): void {
		const { undo } = this;
		this.clear();
		undo?.back();
	}

	/** A new text; the way back is the old one. */
	change(question: QuestionData, text: string, revision: number): void {
		const { id } = question;
		const before = question.text;
		void this.room.send(
			"question.edit",
			{ id, text, revision },
			{ keep: "device", once: `edit:${id}:${text}` },
		);
		this.offer(t("Question changed."), () => {
			const now = this.room.state.questions?.[id];
			if (now) void this.room.send("question.edit", { id, text: before, revision: now.revision });
		});
	}

	move(question: QuestionData, step: number): void {
		const order = queue(this.room.state).map(({ id }) => id);
		const place = order.indexOf(question.id);
		const target = place + step;
		if (place < 0 || target < 0 || target >= order.length) return;
		this.place(question, step < 0 ? (order[target] ?? null) : (order[target + 1] ?? null));
	}

	/** Right before another one of the queue, or to its end. */
	place({ id }: QuestionData, before: string | null): void {
		if (before === id) return;
		const follower = this.follower(id);
		if (before === follower) return;
		void this.room.send("question.move", { id, before });
		this.offer(t("Order changed."), () => void this.room.send("question.move", { id, before: follower }));
	}

	private all(question: QuestionData): Act[] {
		const { id, state } = question;
		const edit: Act = {
			name: "question.edit",
			label: t("Edit"),
			icon: "pencil",
			code: "KeyE",
			key: "E",
			run: () => this.edit(question),
		};
		const dismiss = this.dismiss(question);
		switch (state) {
			case "asked":
				return [
					{
						...this.simple(
							"question.approve",
							t("Choose"),
							"check",
							"A",
							id,
							t("Chosen for the theatre."),
							"question.unapprove",
						),
						primary: true,
					},
					edit,
					dismiss,
				];
			case "approved":
				return [
					{ ...this.answerNow(question), primary: true },
					edit,
					this.simple(
						"question.unapprove",
						t("Back"),
						"undo-2",
						"B",
						id,
						t("Back among those coming in."),
						"question.approve",
					),
					dismiss,
				];
			case "answering":
				return [
					{
						...this.simple(
							"question.finish",
							t("Answered"),
							"check-check",
							"F",
							id,
							t("Answered."),
							"question.answer",
						),
						primary: true,
					},
					this.simple(
						"question.defer",
						t("Later"),
						"clock",
						"L",
						id,
						t("Put at the end."),
						"question.answer",
					),
				];
			case "answered":
				return [
					this.simple(
						"question.answer",
						t("Take up again"),
						"rotate-ccw",
						"N",
						id,
						t("Taken up again."),
						"question.finish",
					),
				];
			case "dismissed":
				return [
					{
						...this.simple(
							"question.restore",
							t("Restore"),
							"undo-2",
							"R",
							id,
							t("Restored."),
							"question.dismiss",
						),
						primary: true,
					},
				];
		}
	}

	/** Whoever undoes it finds the question where it was. */
	private dismiss(question: QuestionData): Act {
		const { id, state } = question;
		const act = this.simple(
			"question.dismiss",
			t("Set aside"),
			"x",
			"D",
			id,
			t("Set aside."),
			"question.restore",
		);
		if (state !== "approved") return act;
		const follower = this.follower(id);
		return {
			...act,
			run: () => {
				void this.room.send("question.dismiss", { id }, { once: `question.dismiss:${id}` });
				this.offer(t("Set aside."), () => {
					void this.room.send("question.restore", { id });
					void this.room.send("question.approve", { id });
					if (follower !== null) void this.room.send("question.move", { id, before: follower });
				});
			},
		};
	}

	/** The question that comes after this one in the queue. */
	private follower(id: string): string | null {
		const order = queue(this.room.state).map((other) => other.id);
		return order[order.indexOf(id) + 1] ?? null;
	}

	private answerNow(question: QuestionData): Act {
		const { id } = question;
		const follower = this.follower(id);
		const act = this.simple(
			"question.answer",
			t("Now"),
			"mic",
			"N",
			id,
			t("Being answered."),
			"question.defer",
		);
		return {
			...act,
			run: () => {
				void this.room.send("question.answer", { id }, { once: `question.answer:${id}` });
				this.offer(t("Being answered."), () => {
					void this.room.send("question.defer", { id });
					if (follower !== null) void this.room.send("question.move", { id, before: follower });
				});
			},
		};
	}

	private simple(
		name: SimpleCommand,
		label: string,
		icon: IconName,
		key: string,
		id: string,
		done: string,
		back: SimpleCommand,
	): Act {
		return {
			name,
			label,
			icon,
			key,
			code: `Key${key}`,
			run: () => {
				void this.room.send(name, { id }, { once: `${name}:${id}` });
				this.offer(done, () => void this.room.send(back, { id }));
			},
		};
	}

	private offer(text: string, back: () => void): void {
		window.clearTimeout(this.timer);
		this.undo = { text, back, until: Date.now() + UNDO_MS };
		this.timer = window.setTimeout(() => this.clear(), UNDO_MS);
		this.room.changed();
	}

	private clear(): void {
		window.clearTimeout(this.timer);
		this.undo = null;
		this.room.changed();
	}
}

type SimpleCommand =
	| "question.approve"
	| "question.unapprove"
	| "question.dismiss"
	| "question.restore"
	| "question.answer"
	| "question.defer"
	| "question.finish";
