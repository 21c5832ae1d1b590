/** What the page tells its script, from the element that Django's json_script writes. */
export interface Bootstrap {
	room: string;
	events_url: string;
	snapshot_url: string;
	commands_url: string;
	you: { id: string; name: string; tokens: string[] };
	language: string;
	time_zone: string;
	congress_zone: string;
	messages: Record<string, string | string[]>;
	/** What the interpreters' languages are called. */
	languages?: Record<string, string>;
	channel: { id: string; grant_url: string; master_url: string } | null;
	operation: OperationFacts;
	csrf: string;
	/** For those who may stop: opens `stop_url` without asking the database. */
	stop_token?: string | null;
	stop_url?: string | null;
	join_url?: string;
	join_qr?: string;
}

export interface OperationFacts {
	id?: string;
	title?: string;
	kind?: string;
	kind_label?: string;
	state?: string;
	specialty?: string;
	congress?: string;
	hall?: string;
	starts_at?: string;
	page_url?: string;
	board_url?: string;
	desk_url?: string;
	director_url?: string;
	screen_url?: string;
	live_url?: string;
	abstract?: string;
	team?: { name: string; role?: string; role_label?: string; affiliation?: string; city?: string }[];
	next?: { title: string; starts_at: string; url?: string }[];
}

export function readBootstrap(): Bootstrap {
	const element = document.getElementById("bootstrap");
	if (!element?.textContent) throw new Error("This page has no bootstrap data.");
	return JSON.parse(element.textContent) as Bootstrap;
}
