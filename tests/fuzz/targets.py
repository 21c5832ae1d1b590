"""What may be sent to us from outside, and what must hold whatever it is.

A target takes any bytes. It raises AssertionError where a promise is broken; any other exception is a fault as well.
"""

import atexit
import functools
import itertools
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Malformed, Reader
from konsilium.mediaplane.cmaf.reader import MAX_MEDIA
from konsilium.mediaplane.conversion.decisions import Refused, Work, plan_work
from konsilium.mediaplane.conversion.probing import read_report
from konsilium.mediaplane.encoder.adts import adts_frames
from konsilium.mediaplane.encoder.key_frames import alone, init_alone
from konsilium.mediaplane.grants import Refused as GrantRefused
from konsilium.mediaplane.grants import verify_grant
from konsilium.mediaplane.hls import SOUND
from konsilium.mediaplane.mpegts import Begun, Event, Payload, Splitter
from konsilium.mediaplane.origin.answers import Answer, Held, Later, Ready, Stream
from konsilium.mediaplane.origin.requests import Asker, read_headers
from konsilium.mediaplane.remux import Remuxer, Unsuitable
from konsilium.mediaplane.status import FilmFault
from konsilium.mediaplane.vault import Recorded, Vault
from tests.mediaplane.hls_factory import CIPHER, init_of, picture, sound
from tests.mediaplane.origin.http import CHANNEL, KEY, Origin

Target = Callable[[bytes], None]

#: Every status the origin has (docs/protocols/media.md); 413 belongs to bodies and never comes of a GET.
STATUSES = frozenset({200, 204, 206, 400, 401, 403, 404, 405, 416, 503})
RECORDING = "film-1"
#: More than a transport stream's packets, tables and waiting parameter sets can need.
MOST_KEPT_OF_A_STREAM = 8 << 20


def _pieces(data: bytes) -> list[bytes]:
    """The first byte says how large the pieces are in which the rest arrives."""
    if not data:
        return []
    step, rest = 1 + data[0] * 37, data[1:]
    return [rest[at : at + step] for at in range(0, len(rest), step)]


# --- Fragmented MP4 -------------------------------------------------------------------------------------


def read_mp4(data: bytes) -> None:
    """However it arrives, the same comes of it; what is given is consistent; after a fault nothing comes."""
    reader, found = Reader(), []
    for piece in _pieces(data):
        found += reader.feed(piece)
    assert found == Reader().feed(data[1:])
    faults = [index for index, value in enumerate(found) if isinstance(value, Malformed)]
    assert faults in ([], [len(found) - 1])
    if faults:
        assert reader.feed(data) == []
    for value in found:
        if isinstance(value, Fragment):
            _check_fragment(value)
        elif isinstance(value, Init):
            assert value.timescale > 0
            (again,) = Reader().feed(value.data)
            assert isinstance(again, Init), "what we made of it we can read"


def _check_fragment(fragment: Fragment) -> None:
    assert fragment.samples
    assert len(fragment.payload) == sum(sample.size for sample in fragment.samples) <= MAX_MEDIA
    assert fragment.decode_time >= 0
    assert all(sample.duration >= 0 for sample in fragment.samples)


# --- Transport streams ----------------------------------------------------------------------------------


def split_stream(data: bytes) -> None:
    """Nothing is made up: what is passed on was in the stream, in its order; little is kept."""
    splitter, events = Splitter(), []
    for piece in _pieces(data):
        events += splitter.feed(piece)
        assert len(splitter._buffer) + len(splitter._pending) < MOST_KEPT_OF_A_STREAM
    at = 0
    for passed in _passed(events):
        assert len(passed) % 188 == 0
        for start in range(0, len(passed), 188):
            at = data.find(passed[start : start + 188], at)
            assert at >= 0, "a packet was passed on that never came"


def _passed(events: list[Event]) -> list[bytes]:
    return [event.data for event in events if isinstance(event, Payload)]


def remux_stream(data: bytes) -> None:
    """As the encoder side does: split, and the runs that need no conversion read without a process."""
    splitter = Splitter()
    remuxer: Remuxer | None = None
    for piece in _pieces(data):
        for event in splitter.feed(piece):
            try:
                if isinstance(event, Begun):
                    remuxer = Remuxer(video=event.streams.video, audio=event.streams.audio, offset_s=100)
                    out = remuxer.feed(event.preamble)
                elif isinstance(event, Payload) and remuxer is not None:
                    out = remuxer.feed(event.data)
                else:
                    continue
            except Unsuitable:
                remuxer = None
                continue
            _go_through(out)


def _go_through(out: list[tuple[Kind, Init | Fragment]]) -> None:
    """What follows of it: thumbnails are made of key frames, levels of the sound."""
    for kind, value in out:
        if isinstance(value, Init):
            assert kind is Kind.AUDIO or (value.width and value.height)
            init_alone(value)
            continue
        _check_fragment(value)
        if kind is Kind.AUDIO:
            assert len(adts_frames(value, 48_000, 2)) == value.size + 7 * len(value.samples)
        elif value.independent:
            assert len(alone(value.payload)) <= value.size


# --- Requests -------------------------------------------------------------------------------------------


#: Grants that are good because we made them for a seed.
_issued: set[str] = set()


def grant() -> str:
    made = origin().grant()
    _issued.add(made)
    return made


@functools.cache
def origin() -> Origin:
    own = Origin()
    own.connect()
    own.recordings[RECORDING] = _recording()
    return own


def _recording() -> Recorded:
    """Four seconds of two angles and the sound, in a vault that goes away with the process."""
    folder = Path(tempfile.mkdtemp(prefix="konsilium-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    vault = Vault(folder / "vault")
    writer = vault.writer(RECORDING, began=datetime(2026, 11, 22, 14, 0, tzinfo=UTC))
    for key in ("endoscope", "overview", SOUND):
        kind = Kind.AUDIO if key == SOUND else Kind.VIDEO
        writer.begin(key, init_of(kind, timescale=48_000 if key == SOUND else 90_000))
        for fragment in itertools.islice(sound() if key == SOUND else picture(), 20 if key == SOUND else 120):
            writer.add(key, fragment)
    writer.finish()
    recorded = vault.recording(RECORDING)
    assert recorded is not None
    return recorded


def _answer(path: str, query: bytes, asker: Asker) -> Answer:
    return origin().app.answer("GET", path, query, asker)


def _in_the_end(answer: Answer) -> Ready | None:
    """A held request is asked again and told that it waited in vain; None if it is found elsewhere."""
    match answer:
        case Ready():
            return answer
        case Held():
            again = answer.again()
            assert isinstance(again, Held | Ready)
            return answer.in_vain()
        case Later() | Stream():
            return None


def ask_for_a_playlist(data: bytes) -> None:
    """Path and query, as one line: a closed set of answers, a clear sentence for each refusal."""
    path, _, query = data.partition(b"?")
    asker = Asker(token=origin().grant())
    for text in (path.decode("latin-1"), f"/media/{CHANNEL}/{path.decode('latin-1')}"):
        ready = _in_the_end(_answer(text, query, asker))
        if ready is None:
            continue
        assert ready.status in STATUSES
        if ready.status >= 400:
            assert ready.body.endswith(b".\n")
            assert len(ready.body) < 400
        elif b".m3u8" in path:
            assert ready.body.startswith(b"#EXTM3U\n")


def ask_for_a_recording(data: bytes) -> None:
    """As players ask for what is over: clips of any times, of renditions and segments that are not there."""
    path, _, query = data.partition(b"?")
    text = f"/media/{RECORDING}/{path.decode('latin-1')}"
    asker = Asker(token=origin().grant(channel=RECORDING, acts=["download"]), range=query[:40])
    match _answer(text, query, asker):
        case Ready() as ready:
            assert ready.status in STATUSES
            assert ready.status < 400 or ready.body.endswith(b".\n")
        case Stream() as stream:
            assert stream.status in {200, 206}
            assert stream.size is not None
            assert stream.size > 0
        case Held():
            raise AssertionError("nothing of a recording is still to come")


def post_a_report(data: bytes) -> None:
    """What viewers' players say of themselves is taken or refused, and never sent back."""
    asker = Asker(token=origin().grant(), is_bearer=True)
    ready = origin().app.answer("POST", f"/media/{CHANNEL}/report", b"", asker, data)
    assert isinstance(ready, Ready)
    assert ready.status in {204, 400}
    if ready.status == 204:
        _, _, behind_s, stalls, _ = origin().reports.pop()
        assert 0 <= behind_s <= 86_400
        assert 0 <= stalls <= 10_000
    else:
        assert len(ready.body) < 300
    stranger = origin().app.answer("POST", f"/media/{CHANNEL}/stop", b"", asker, data)
    assert isinstance(stranger, Ready)
    assert stranger.status == 403, "a viewer's grant stops nothing"


def ask_for_a_key(data: bytes) -> None:
    """A key is 16 bytes, only of a time that has been, and only for a live grant of this channel."""
    number, _, rest = data.partition(b"|")
    path = f"/media/{CHANNEL}/key-{number.decode('latin-1')}.bin"
    ready = _in_the_end(_answer(path, b"", Asker(token=origin().grant())))
    assert ready is not None
    assert ready.status in {200, 404}
    if ready.status == 200:
        timeline = origin().timeline(SOUND)
        newest = CIPHER.number(timeline.end, timeline.timescale)
        assert int(number) <= newest
        assert ready.body == CIPHER.key(int(number))
        assert (b"cache-control", b"no-store") in ready.headers
    names = (b"authorization", b"cookie", b"origin", b"range")
    headers = [(name, value) for name, value in zip(names, rest.split(b"|"), strict=False)]
    stranger = _in_the_end(_answer(path, b"", read_headers(headers)))
    assert stranger is not None
    # What cannot be a path of ours is that for everybody.
    assert stranger.status in ({401, 403} if number.isdigit() else {401, 403, 404})


def verify_a_grant(data: bytes) -> None:
    """No token of anybody's making opens anything."""
    now = origin().now
    good = origin().grant()
    token = data.decode("latin-1")
    assert token in _issued or isinstance(verify_grant(KEY, token, channel=CHANNEL, now=now), GrantRefused)
    at = data[0] % len(good) if data else 0
    spoiled = good[:at] + data[1:].decode("latin-1") + good[at + 1 :]
    if not _says_the_same(spoiled, good):
        assert isinstance(verify_grant(KEY, spoiled, channel=CHANNEL, now=now), GrantRefused)


def _says_the_same(token: str, good: str) -> bool:
    """The last letter of base64 has bits that mean nothing."""
    return token[:-1] == good[:-1] or token.strip() == good


# --- Uploads --------------------------------------------------------------------------------------------


def read_a_report(data: bytes) -> None:
    """ffmpeg's report holds titles and names out of the file: anything may stand in it."""
    film = read_report(data.decode("utf-8", "replace"))
    planned = plan_work(film, size=len(data), head=data[:16], locked=False)
    assert isinstance(planned, Work | Refused)
    assert (planned == Refused(FilmFault.EMPTY)) == (not data)


TARGETS: dict[str, Target] = {
    "mp4": read_mp4,
    "stream": split_stream,
    "remux": remux_stream,
    "playlist": ask_for_a_playlist,
    "recording": ask_for_a_recording,
    "key": ask_for_a_key,
    "post": post_a_report,
    "grant": verify_a_grant,
    "report": read_a_report,
}
