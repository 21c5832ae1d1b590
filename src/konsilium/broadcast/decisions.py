"""The life of a channel and of a recording, and who opens which port: no framework, clock or I/O."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from konsilium.mediaplane.grants import CLOCK_SKEW, GRANT_TTL
from konsilium.mediaplane.plan import is_overtaken

#: RFC 9293 has 65,535 ports; those above 49,151 are lent out by the operating system as it likes (RFC 6335 §6).
LAST_PORT = 49_151
#: Between a real door and its stand-in on loopback, so that both are found from one number.
STAND_IN_OFFSET = 100


#: Of a channel, as the media plane can run them.
MOST_FEEDS = 8
LONGEST_DELAY = 60.0
#: After its end a channel stays in the plan for its delay and this long, so that what is held comes out.
DRAIN = timedelta(minutes=5)
#: Whoever opens a page in the morning can stop in the evening, whatever has failed meanwhile.
STOP_TTL = timedelta(hours=12)
#: A bar is kept as long as the longest grant that it takes back may live.
BAR_KEPT = STOP_TTL + 2 * CLOCK_SKEW
#: For who may keep a copy; long enough to begin again where a broken download ended.
DOWNLOAD_TTL = timedelta(hours=2)
#: An upload of which nothing came for so long is thrown away.
ABANDONED_AFTER = timedelta(days=3)
#: A sender whose line broke comes back within this time; a piece on a thin line takes as long.
SENDING = timedelta(seconds=30)
#: One request of an upload carries at most this; a failed one is sent again whole.
LONGEST_CHUNK = 16 * 1024 * 1024
#: Kept free beside an upload, so that what is on air can go on being recorded.
SPARE_BYTES = 2_000_000_000


class ChannelState(StrEnum):
    #: Prepared by the director, and not yet on air.
    READY = "ready"
    LIVE = "live"
    STOPPED = "stopped"
    ENDED = "ended"


class ChannelAct(StrEnum):
    OPEN = "open"
    STOP = "stop"
    RESUME = "resume"
    END = "end"


CHANNEL_LIFECYCLE: Mapping[ChannelState, Mapping[ChannelAct, ChannelState]] = {
    ChannelState.READY: {ChannelAct.OPEN: ChannelState.LIVE, ChannelAct.END: ChannelState.ENDED},
    ChannelState.LIVE: {ChannelAct.STOP: ChannelState.STOPPED, ChannelAct.END: ChannelState.ENDED},
    ChannelState.STOPPED: {ChannelAct.RESUME: ChannelState.LIVE, ChannelAct.END: ChannelState.ENDED},
    ChannelState.ENDED: {},
}


class RecordingState(StrEnum):
    UPLOADING = "uploading"
    CONVERTING = "converting"
    FAILED = "failed"
    RECORDING = "recording"
    KEPT = "kept"
    DESTROYED = "destroyed"


class RecordingAct(StrEnum):
    FINISH = "finish"
    CONVERT = "convert"
    FAIL = "fail"
    KEEP = "keep"
    DESTROY = "destroy"


_R, _A = RecordingState, RecordingAct

#: Destroyed is for good: nobody has the secret any more.
RECORDING_LIFECYCLE: Mapping[RecordingState, Mapping[RecordingAct, RecordingState]] = {
    _R.UPLOADING: {_A.FINISH: _R.CONVERTING, _A.DESTROY: _R.DESTROYED},
    _R.CONVERTING: {_A.KEEP: _R.KEPT, _A.FAIL: _R.FAILED, _A.DESTROY: _R.DESTROYED},
    _R.FAILED: {_A.CONVERT: _R.CONVERTING, _A.DESTROY: _R.DESTROYED},
    _R.RECORDING: {_A.KEEP: _R.KEPT, _A.DESTROY: _R.DESTROYED},
    _R.KEPT: {_A.KEEP: _R.KEPT, _A.DESTROY: _R.DESTROYED},
    _R.DESTROYED: {_A.DESTROY: _R.DESTROYED},
}


def next_state(state: ChannelState, act: ChannelAct) -> ChannelState | None:
    """The state the act leads to; None if the channel's life does not allow it."""
    return CHANNEL_LIFECYCLE[state].get(act)


def next_recording_state(state: RecordingState, act: RecordingAct) -> RecordingState | None:
    """The state the act leads to; None if the recording's life does not allow it."""
    return RECORDING_LIFECYCLE[state].get(act)


@dataclass(frozen=True, kw_only=True)
class DelayStep:
    """From this moment on the delay was so many seconds."""

    since: datetime
    seconds: float


def channel_time(moment: datetime, delays: Sequence[DelayStep]) -> datetime:
    """Where in the recording (on the channel clock) that is seen which happened in the theatre at `moment`.

    A delay that was raised holds for what had not left yet; one that was lowered skips what is older than the
    new one, which then is found at the moment of the change.
    """
    delay = delays[0].seconds if delays else 0.0
    for step in delays[1:]:
        if moment + timedelta(seconds=min(delay, step.seconds)) < step.since:
            dropped = moment + timedelta(seconds=delay) >= step.since
            return step.since if dropped else moment + timedelta(seconds=delay)
        delay = step.seconds
    return moment + timedelta(seconds=delay)


class StopVerdict(StrEnum):
    #: Take the picture away.
    STOP = "stop"
    #: It was pressed before the channel last went on air: somebody has decided since.
    OVERTAKEN = "overtaken"
    #: It is known.
    KNOWN = "known"


def judge_stop(*, at: datetime, known: datetime | None, live_since: datetime | None) -> StopVerdict:
    """What a stop that was pressed at `at` means for the channel."""
    if known is not None and at <= known:
        return StopVerdict.KNOWN
    if is_overtaken(at, live_since):
        return StopVerdict.OVERTAKEN
    return StopVerdict.STOP


class NoUpload(StrEnum):
    """Why a film is not taken."""

    EMPTY = "upload_empty"
    TOO_LARGE = "upload_too_large"
    NO_ROOM = "upload_no_room"


def decide_upload(*, size: int, most: int, free: int, promised: int = 0) -> NoUpload | None:
    """Whether a film of this size is taken: besides itself, its conversion needs about as much room again.

    `promised` is what films that were taken before still need of what is free.
    """
    if size <= 0:
        return NoUpload.EMPTY
    if size > most:
        return NoUpload.TOO_LARGE
    return NoUpload.NO_ROOM if promised + 2 * size + SPARE_BYTES > free else None


def may_abandon(*, own: bool, touched_at: datetime | None, now: datetime) -> bool:
    """Whether an upload may be thrown away: one's own always, somebody else's not while it is being sent."""
    return own or touched_at is None or now - touched_at >= SENDING


class ChunkVerdict(StrEnum):
    TAKE = "take"
    #: It does not begin where the last one ended.
    WRONG_OFFSET = "wrong_offset"
    TOO_LONG = "too_long"
    #: What is on air is recorded on the same disk.
    NO_ROOM = "no_room"


def judge_chunk(*, offset: int, length: int, held: int, size: int, free: int) -> ChunkVerdict:
    """What becomes of a piece of `length` bytes at `offset`, when `held` of `size` bytes are there."""
    if offset != held:
        return ChunkVerdict.WRONG_OFFSET
    if length > LONGEST_CHUNK or held + length > size:
        return ChunkVerdict.TOO_LONG
    return ChunkVerdict.NO_ROOM if free - length < SPARE_BYTES else ChunkVerdict.TAKE


class NoClip(StrEnum):
    """Why a stretch of a recording cannot be a clip."""

    NO_TITLE = "clip_without_title"
    BACKWARDS = "clip_backwards"
    TOO_SHORT = "clip_too_short"
    OUTSIDE = "clip_outside"


def decide_clip(
    *, title: str, starts_at: datetime, ends_at: datetime, began_at: datetime | None, duration_s: float
) -> NoClip | None:
    """A clip has a title, a second at least, and lies within its recording."""
    if not title:
        return NoClip.NO_TITLE
    if ends_at <= starts_at:
        return NoClip.BACKWARDS
    if ends_at - starts_at < timedelta(seconds=1):
        return NoClip.TOO_SHORT
    # The length is a report, and a second off at most.
    slack = timedelta(seconds=1)
    if began_at is not None and not (
        began_at - slack <= starts_at and ends_at <= began_at + timedelta(seconds=duration_s) + slack
    ):
        return NoClip.OUTSIDE
    return None


class HasLanguage(Protocol):
    """A feed, as far as it counts: an interpreter's has a language."""

    @property
    def language(self) -> str: ...


def has_room(feeds: Iterable[HasLanguage], *, interpreter: bool) -> bool:
    """Whether a theatre can have one more camera, or one more interpreter: a channel runs so many of each."""
    return sum(bool(feed.language) is interpreter for feed in feeds) < MOST_FEEDS


def allot_port(*, first: int, taken: Collection[int]) -> int:
    """The lowest port from `first` upwards that no feed has, nor a stand-in of one.

    Raises LookupError when there is none left.
    """
    occupied = set(taken) | {port + STAND_IN_OFFSET for port in taken}
    for port in range(first, LAST_PORT - STAND_IN_OFFSET):
        if port not in occupied and port + STAND_IN_OFFSET not in occupied:
            return port
    raise LookupError(f"no port is free between {first} and {LAST_PORT}")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The person opens the picture (again): a line for the audit trail."""

    until: datetime


@dataclass(frozen=True, kw_only=True)
class Renewed:
    """The person still watches."""

    until: datetime


def decide_viewing(*, now: datetime, valid_until: datetime | None) -> Opened | Renewed:
    """Whether a grant opens a viewing or prolongs the one that is running until `valid_until`."""
    until = now + timedelta(seconds=GRANT_TTL)
    if valid_until is None or valid_until < now:
        return Opened(until=until)
    return Renewed(until=until)
