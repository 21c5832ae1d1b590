// A room on a real local HTTP server, small enough to read: versions, an event log, both kinds of tail,
// commands that are answered once. It can buffer like a proxy, break off, refuse and restart.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { RoomEvent, State } from "../room/store.ts";

interface Posted {
	id: string;
	name: string;
	data: Record<string, string>;
	age_ms: number;
}

export class MockRoom {
	log: RoomEvent[] = [];
	/** Events before this one were forgotten: who asks for them has to start anew. */
	kept = 0;
	buffering = false;
	breaking = false;
	refusing: { status: number; body: object } | null = null;
	loseAnswers = 0;
	snapshots = 0;
	streams = 0;
	polls = 0;
	posts: Posted[] = [];
	receipts = new Map<string, object>();
	port = 0;
	private server: Server | null = null;
	private tails = new Set<ServerResponse>();
	private held = new Set<() => void>();
	private sockets = new Set<Socket>();

	async start(): Promise<void> {
		const server = createServer((request, response) => void this.answer(request, response));
		server.on("connection", (socket) => {
			this.sockets.add(socket);
			socket.on("close", () => this.sockets.delete(socket));
		});
		this.server = server;
		await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
		this.port = (server.address() as AddressInfo).port;
	}

	async stop(): Promise<void> {
		for (const socket of this.sockets) socket.destroy();
		this.tails.clear();
		await new Promise<void>((resolve) => this.server?.close(() => resolve()) ?? resolve());
	}

	/** Cuts every open stream, as a restarting server does. */
	cut(): void {
		for (const tail of this.tails) tail.destroy();
		this.tails.clear();
	}

	get url(): string {
		return `http://127.0.0.1:${this.port}`;
	}

	get version(): number {
		return this.log.length;
	}

	say(text: string): RoomEvent {
		const v = this.version + 1;
		const data = { id: `q${v}`, text };
		const event: RoomEvent = { v, type: "question.asked", at: new Date().toISOString(), data };
		this.log.push(event);
		for (const tail of this.tails) tail.write(frame(event));
		for (const wake of this.held) wake();
		return event;
	}

	sendRaw(text: string): void {
		for (const tail of this.tails) tail.write(text);
	}

	state(): State {
		const questions = Object.fromEntries(this.log.map(({ data }) => [String(data?.["id"]), data ?? {}]));
		return this.log.length ? { questions } : {};
	}

	private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const url = new URL(request.url ?? "/", this.url);
		if (this.refusing) {
			json(response, this.refusing.status, this.refusing.body);
			return;
		}
		if (request.method === "POST") {
			await this.command(request, response);
			return;
		}
		if (!url.pathname.endsWith("/events")) {
			this.snapshots += 1;
			json(response, 200, { version: this.version, state: this.state() });
			return;
		}
		const since = Number(url.searchParams.get("since"));
		const stale = since < this.kept || since > this.version;
		if (request.headers.accept === "text/event-stream") this.stream(response, since, stale);
		else this.poll(response, since, stale);
	}

	private stream(response: ServerResponse, since: number, stale: boolean): void {
		this.streams += 1;
		if (this.buffering) return;
		response.writeHead(200, { "Content-Type": "text/event-stream" });
		response.flushHeaders();
		if (this.breaking) {
			setTimeout(() => response.destroy(), 10);
			return;
		}
		response.write(": here\n\n");
		if (stale) {
			response.end("event: resync\ndata: {}\n\n");
			return;
		}
		for (const event of this.log.slice(since)) response.write(frame(event));
		this.tails.add(response);
		response.on("close", () => this.tails.delete(response));
	}

	private poll(response: ServerResponse, since: number, stale: boolean): void {
		this.polls += 1;
		if (stale) {
			json(response, 200, { resync: true });
			return;
		}
		const reply = () => {
			this.held.delete(reply);
			json(response, 200, { version: this.version, events: this.log.slice(since) });
		};
		if (since < this.version) {
			reply();
			return;
		}
		this.held.add(reply);
		response.on("close", () => this.held.delete(reply));
	}

	private async command(request: IncomingMessage, response: ServerResponse): Promise<void> {
		let body = "";
		for await (const piece of request) body += piece;
		const posted = JSON.parse(body) as Posted;
		this.posts.push(posted);
		if (!this.receipts.has(posted.id)) {
			this.say(posted.data["text"] ?? "");
			this.receipts.set(posted.id, { id: posted.id, version: this.version, result: { ok: true } });
		}
		if (this.loseAnswers > 0) {
			this.loseAnswers -= 1;
			request.socket.destroy();
			return;
		}
		json(response, 200, this.receipts.get(posted.id) ?? {});
	}
}

const frame = (event: RoomEvent): string => `id: ${event.v}\ndata: ${JSON.stringify(event)}\n\n`;

function json(response: ServerResponse, status: number, body: object): void {
	response.writeHead(status, { "Content-Type": "application/json" });
	response.end(JSON.stringify(body));
}

/** Waits until the condition holds; says what it waited for when it does not. */
export async function until(condition: () => boolean, what: string, ms = 3000): Promise<void> {
	const end = Date.now() + ms;
	while (!condition()) {
		if (Date.now() > end) throw new Error(`Waited in vain for: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}
