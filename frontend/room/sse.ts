// text/event-stream, as the HTML standard parses it (§9.2.6), from a fetch: unlike EventSource this shows the
// answer's status, the heartbeats and the silence of a proxy that buffers.

export interface Message {
	event: string;
	data: string;
}

export class EventStreamParser {
	private rest = "";
	private event = "";
	private data: string[] = [];

	/** Messages completed by this piece of text; comments and unfinished lines yield none. */
	feed(text: string): Message[] {
		this.rest += text;
		const messages: Message[] = [];
		// A carriage return at the very end may be half of a line's end: it waits for the next piece.
		for (let end = lineEnd(this.rest); end; end = lineEnd(this.rest)) {
			const line = this.rest.slice(0, end.from);
			this.rest = this.rest.slice(end.to);
			const message = this.line(line);
			if (message) messages.push(message);
		}
		return messages;
	}

	private line(line: string): Message | null {
		if (line === "") return this.dispatch();
		if (line.startsWith(":")) return null;
		const colon = line.indexOf(":");
		const field = colon < 0 ? line : line.slice(0, colon);
		const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
		if (field === "event") this.event = value;
		if (field === "data") this.data.push(value);
		return null;
	}

	private dispatch(): Message | null {
		const message = { event: this.event || "message", data: this.data.join("\n") };
		const empty = this.data.length === 0;
		this.event = "";
		this.data = [];
		// An event with a name and no data still says something to us ("resync").
		return empty && message.event === "message" ? null : message;
	}
}

function lineEnd(text: string): { from: number; to: number } | null {
	const from = text.search(/[\r\n]/);
	if (from < 0 || (text[from] === "\r" && from === text.length - 1)) return null;
	return { from, to: text.startsWith("\r\n", from) ? from + 2 : from + 1 };
}
