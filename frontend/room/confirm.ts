// Asks once more before something is lost. For what must be quick there is a held button instead (hold.ts).
import { html, render } from "lit/html.js";
import { t } from "./messages.ts";

/** True once it was confirmed; Escape means no. The focus returns to where it was. */
export function confirmed(question: string, act: string): Promise<boolean> {
	const dialog = document.createElement("dialog");
	dialog.className = "dialog";
	dialog.setAttribute("aria-labelledby", "confirm-question");
	render(
		html`<form method="dialog">
			<p id="confirm-question">${question}</p>
			<div class="dialog-foot">
				<button class="button" value="">${t("Leave it")}</button>
				<button class="button button-danger" value="yes" data-act="confirm">${act}</button>
			</div>
		</form>`,
		dialog,
	);
	document.body.append(dialog);
	dialog.showModal();
	return new Promise((resolve) =>
		dialog.addEventListener("close", () => {
			dialog.remove();
			resolve(dialog.returnValue === "yes");
		}),
	);
}
