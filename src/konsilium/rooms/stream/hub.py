"""One process's view of the rooms that somebody follows: each event is read once and given to all of them.

Everything here runs in the event loop; the database is read in threads. What calls from other threads (`ring`,
`recheck`) only wakes the loop.
"""

import asyncio
import logging
import random
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID, uuid4

from django.db import connection

from konsilium.foundation import clock
from konsilium.rooms import actions, bell, queries
from konsilium.rooms.decisions import KEPT_EVENTS
from konsilium.rooms.stream.admission import Admission, Denial, close_down, readmit, with_database
from konsilium.rooms.stream.entries import Entry, chunk, entry_of, named_message
from konsilium.rooms.stream.readers import HEARTBEAT, PollReader, Reader

logger = logging.getLogger("konsilium.rooms")
T = TypeVar("T")

#: The safety net: bells that were lost, and other processes on SQLite, are found out this often.
LOOK_EVERY = 1.0
#: Proxies cut connections that say nothing, some after 30 s.
HEARTBEAT_EVERY = 15
#: The count of people is told at most this often, whatever comes and goes.
COUNT_EVERY = 2
#: A count is renewed this often, so that other processes do not take this one for dead.
RENEW_EVERY = 30.0
#: Somebody who polls is still here between two polls.
LINGER = 30.0
#: Rights are judged again after this long, and at once when told.
CHECK_AFTER = 60.0
#: So many are judged at a time that deliveries do not wait for it.
CHECKS_AT_ONCE = 40
#: So many come in at the same time; the rest wait.
PEOPLE_THREADS = 3
#: A room that nobody follows is forgotten after this long.
FORGET_AFTER = 60.0


class RoomTail:
    """The end of one room's log, and who follows it."""

    def __init__(self, room_id: UUID, entries: Iterable[Entry]) -> None:
        self.id = room_id
        self.log: deque[Entry] = deque(entries, maxlen=KEPT_EVENTS)
        self.version = self.log[-1].version if self.log else 0
        self.readers: set[Reader] = set()
        self.people: Counter[UUID] = Counter()
        self.lingering: dict[UUID, float] = {}
        self.rung = False
        self.reading: asyncio.Task[None] | None = None
        self.recorded: tuple[int, float] = (0, 0.0)
        self.watching = 0
        self.ahead = 0
        self.empty_since = 0.0

    @property
    def kept_from(self) -> int:
        return self.log[0].version if self.log else self.version + 1

    def after(self, version: int) -> list[Entry]:
        return [entry for entry in self.log if entry.version > version]

    def take(self, entries: list[Entry]) -> None:
        fresh = [entry for entry in entries if entry.version > self.version]
        if not fresh:
            return
        self.log.extend(fresh)
        self.version = fresh[-1].version
        for reader in tuple(self.readers):
            reader.take(fresh)

    def tell(self, ready: bytes) -> None:
        for reader in tuple(self.readers):
            reader.tell(ready)

    def watching_at_least(self) -> int:
        """What a newcomer is told: the count of all processes, unless we see more here already."""
        return max(self.watching, len(self.people.keys() | self.lingering.keys()))

    def present(self, now: float) -> int:
        """How many people are here, each counted once however many windows they have open."""
        self.lingering = {user: until for user, until in self.lingering.items() if until > now}
        return len(self.people.keys() | self.lingering.keys())


class Hub:
    """The rooms of this process, the bells, and what is done by the clock."""

    def __init__(self) -> None:
        self.process = uuid4()
        self.rooms: dict[UUID, RoomTail] = {}
        self.opening: dict[UUID, asyncio.Task[RoomTail]] = {}
        self.ending = False
        self.loop: asyncio.AbstractEventLoop | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.unlisten: Callable[[], None] | None = None
        self.ticks = 0
        # Events are read on a thread of their own, so that a thousand people coming in do not delay them.
        self.for_events = ThreadPoolExecutor(1, thread_name_prefix="tail-events")
        self.for_people = ThreadPoolExecutor(PEOPLE_THREADS, thread_name_prefix="tail-people")

    async def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.unlisten = bell.listen(self)
        self._spawn(self._tick_forever())
        if connection.vendor == "postgresql":
            # Reason for importing here: the driver would cost every start on SQLite a tenth of a second.
            from konsilium.rooms.stream import postgres

            self._spawn(
                postgres.listen_forever(
                    hear=partial(bell.hear, listener=self), connected=self._look_everywhere
                )
            )

    async def stop(self) -> None:
        self.end_all()
        if self.unlisten:
            self.unlisten()
        for task in tuple(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if any(room.recorded[0] for room in self.rooms.values()):
            await self.in_thread(self.for_events, partial(actions.forget_watching, process=self.process))
        for threads in (self.for_events, self.for_people):
            await asyncio.get_running_loop().run_in_executor(None, close_down, threads)

    def end_all(self) -> None:
        """Let everybody go at once: the process is about to end, and browsers shall find another one."""
        self.ending = True
        for room in self.rooms.values():
            for reader in tuple(room.readers):
                reader.end()

    # -- bells, from any thread

    def ring(self, room_id: UUID) -> None:
        self._in_loop(partial(self._look, room_id))

    def recheck(self, user_id: UUID) -> None:
        self._in_loop(partial(self._recheck_person, user_id))

    def _in_loop(self, call: Callable[[], None]) -> None:
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(call)

    # -- rooms

    async def room(self, room_id: UUID) -> RoomTail:
        """The room's tail, read from the database when this process has not followed it yet."""
        if room_id in self.rooms:
            return self.rooms[room_id]
        if room_id not in self.opening:
            self.opening[room_id] = asyncio.create_task(self._open(room_id))
        return await asyncio.shield(self.opening[room_id])

    async def _open(self, room_id: UUID) -> RoomTail:
        try:
            entries = await self.in_thread(self.for_events, partial(_latest_entries, room_id))
            room = self.rooms[room_id] = RoomTail(room_id, entries)
            room.empty_since = self.now()
            self._look(room_id)  # what was written since, or while this was read
            return room
        finally:
            del self.opening[room_id]

    async def catch_up(self, room: RoomTail) -> None:
        """Read what the room has had up to now."""
        self._look(room.id)
        while room.reading is not None:
            await asyncio.shield(room.reading)

    def join(self, room: RoomTail, reader: Reader) -> None:
        room.readers.add(reader)
        room.people[reader.viewer.user_id] += 1
        reader.check_at = self.now() + CHECK_AFTER * random.uniform(0.75, 1)
        if self.ending:
            reader.end()

    def leave(self, room: RoomTail, reader: Reader) -> None:
        room.readers.discard(reader)
        user = reader.viewer.user_id
        room.people[user] -= 1
        if room.people[user] <= 0:
            del room.people[user]
            if isinstance(reader, PollReader):
                room.lingering[user] = self.now() + LINGER
        room.empty_since = self.now()

    def windows_of(self, user_id: UUID) -> int:
        """How many tails this person has open in this process."""
        return sum(room.people.get(user_id, 0) for room in self.rooms.values())

    def _look(self, room_id: UUID) -> None:
        room = self.rooms.get(room_id)
        if room is None:
            return
        room.rung = True
        if room.reading is None:
            room.reading = asyncio.create_task(self._read(room))

    def _look_everywhere(self) -> None:
        for room_id in self.rooms:
            self._look(room_id)

    async def _read(self, room: RoomTail) -> None:
        try:
            while room.rung:
                room.rung = False
                entries = await self.in_thread(
                    self.for_events,
                    partial(_entries_after, room.id, room.version),
                )
                room.rung = room.rung or len(entries) == KEPT_EVENTS
                room.take(entries)
        except Exception:
            # The database is away; the next tick looks again.
            logger.exception("a room's events could not be read", extra={"room": str(room.id)})
        finally:
            room.reading = None

    # -- by the clock

    async def _tick_forever(self) -> None:
        await self._safely(self._forget_the_dead)
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self.ticks += 1
            self._heartbeat()
            self._forget_empty_rooms()
            await self._safely(self._compare_versions)
            if self.ticks % COUNT_EVERY == 0:
                await self._safely(self._count)
            await self._safely(self._recheck_due)

    async def _safely(self, step: Callable[[], Coroutine[None, None, None]]) -> None:
        try:
            await step()
        except Exception:
            logger.exception("the tail could not do its round", extra={"step": getattr(step, "__name__", "")})

    def _heartbeat(self) -> None:
        """A fifteenth of the readers each second, so that a thousand heartbeats never stand in an event's way."""
        turn = self.ticks % HEARTBEAT_EVERY
        for room in self.rooms.values():
            for reader in tuple(room.readers):
                if reader.number % HEARTBEAT_EVERY == turn:
                    reader.tell(HEARTBEAT)

    def _forget_empty_rooms(self) -> None:
        now = self.now()
        for room in tuple(self.rooms.values()):
            if not room.readers and not room.recorded[0] and now - room.empty_since > FORGET_AFTER:
                del self.rooms[room.id]

    async def _compare_versions(self) -> None:
        if not self.rooms:
            return
        asked = tuple(self.rooms.values())
        versions = await self.in_thread(
            self.for_events, partial(queries.versions_of, [room.id for room in asked])
        )
        for room in asked:
            version = versions.get(room.id, -1)
            # Once may be a question that an event has overtaken; twice is not.
            room.ahead = room.ahead + 1 if version < room.version else 0
            if version > room.version:
                self._look(room.id)
            elif room.ahead > 1:
                self._start_anew(room)

    def _start_anew(self, room: RoomTail) -> None:
        """The database knows less than we do: it was restored from a backup, or the room is gone."""
        if room.readers:
            logger.warning("a room's log went back; its readers start anew", extra={"room": str(room.id)})
        self.rooms.pop(room.id, None)
        room.tell(chunk(named_message("resync", {"version": 0})))
        for reader in tuple(room.readers):
            reader.end()

    async def _count(self) -> None:
        """Say how many are here, and tell everybody how many there are in all processes together."""
        now = self.now()
        changed: dict[UUID, int] = {}
        for room in self.rooms.values():
            people = room.present(now)
            told, at = room.recorded
            if people != told or (people and now - at > RENEW_EVERY):
                changed[room.id] = people
                room.recorded = (people, now)
        if changed:
            await self.in_thread(
                self.for_events,
                lambda: actions.record_watching(process=self.process, people=changed, now=clock.now()),
            )
        followed = [room.id for room in self.rooms.values() if room.readers]
        if not followed:
            return
        sums = await self.in_thread(self.for_events, lambda: queries.watching_in(followed, now=clock.now()))
        for room_id in followed:
            room = self.rooms[room_id]
            if sums.get(room_id, 0) != room.watching:
                room.watching = sums.get(room_id, 0)
                room.tell(chunk(named_message("presence", {"watching": room.watching})))

    async def _forget_the_dead(self) -> None:
        before = clock.now() - timedelta(days=1)
        await self.in_thread(self.for_events, partial(actions.forget_watching, before=before))

    # -- rights

    async def _recheck_due(self) -> None:
        now = self.now()
        due = [reader for room in self.rooms.values() for reader in room.readers if reader.check_at <= now]
        await self._recheck(due[:CHECKS_AT_ONCE])

    def _recheck_person(self, user_id: UUID) -> None:
        readers = [
            reader
            for room in self.rooms.values()
            for reader in room.readers
            if reader.viewer.user_id == user_id
        ]
        if readers:
            self._spawn(self._recheck(readers))

    async def _recheck(self, readers: list[Reader]) -> None:
        if not readers:
            return
        admissions = [reader.admission for reader in readers]
        verdicts = await self.in_thread(
            self.for_people, lambda: [readmit(admission) for admission in admissions]
        )
        for reader, verdict in zip(readers, verdicts, strict=True):
            reader.check_at = self.now() + CHECK_AFTER
            self._obey(reader, verdict)

    def _obey(self, reader: Reader, verdict: Admission | Denial) -> None:
        """Cut off who may no longer be here; who is somebody else now starts anew from a snapshot."""
        match verdict:
            case Denial():
                reader.end()
            case Admission(viewer=viewer) if viewer != reader.viewer:
                reader.tell(chunk(named_message("resync", {"version": 0})))
                reader.end()

    # -- plumbing

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def in_thread(self, threads: ThreadPoolExecutor, read: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(threads, partial(with_database, read))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _entries_after(room_id: UUID, version: int) -> list[Entry]:
    return [entry_of(event) for event in queries.events_after(room_id, version)]


def _latest_entries(room_id: UUID) -> list[Entry]:
    return [entry_of(event) for event in queries.latest_events(room_id)]
