"""What comes out decodes to the very frames that went in, at the very times."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Malformed, Reader, write_chunk
from konsilium.mediaplane.encoder.tools import ffmpeg_path
from konsilium.mediaplane.hls.signal import samples_of
from konsilium.mediaplane.mpegts import Begun, Payload, Splitter
from konsilium.mediaplane.remux import Remuxer, Unsuitable
from konsilium.mediaplane.remux.remuxer import Out, fragments

pytestmark = pytest.mark.media

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "-sc_threshold", "0")
AAC = ("-c:a", "aac", "-b:a", "96k", "-ar", "48000", "-ac", "2")
B_FRAMES = ("-preset", "veryfast", "-x264-params", "b-adapt=0:bframes=3:b-pyramid=normal:scenecut=0")
CLIPS = {
    "without B-frames": (*H264, "-bf", "0", *AAC),
    "with B-frames": (*H264, *B_FRAMES, *AAC),
    "with filler and several slices": (
        *(*H264, "-bf", "0", "-b:v", "1M", "-minrate", "1M", "-maxrate", "1M", "-bufsize", "1M"),
        *("-x264-params", "nal-hrd=cbr:slices=4:aud=1", *AAC),
    ),
    "open groups of pictures": (*H264, "-x264-params", "open-gop=1:bframes=2:scenecut=0", *AAC),
    "around the wrap of time stamps": (*H264, "-bf", "2", *AAC, "-output_ts_offset", "95441.7"),
}


@pytest.fixture(scope="module", params=CLIPS, ids=list(CLIPS))
def stream(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("remux") / "stream.ts"
    subprocess.run(
        [
            *(ffmpeg_path(), "-loglevel", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4"),
            *("-f", "lavfi", "-i", "sine=440:r=48000:d=4", *CLIPS[request.param]),
            *("-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts", str(path)),
        ],
        check=True,
    )
    return path


def pieces(data: bytes, size: int = 1316 * 3 + 50) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def remuxed(data: bytes) -> list[Out]:
    splitter = Splitter()
    out: list[Out] = []
    remuxer: Remuxer | None = None
    for piece in pieces(data):
        for event in splitter.feed(piece):
            if isinstance(event, Begun):
                assert remuxer is None
                remuxer = Remuxer(video=event.streams.video, audio=event.streams.audio, offset_s=100)
                out += remuxer.feed(event.preamble)
            elif isinstance(event, Payload):
                assert remuxer is not None
                out += remuxer.feed(event.data)
    assert remuxer is not None
    return out + remuxer.finish()


def as_file(out: list[Out], kind: Kind) -> bytes:
    parts: list[bytes] = []
    for found, value in out:
        if found is not kind:
            continue
        if isinstance(value, Init):
            parts.append(value.data)
        else:
            payload = [data for _, data in samples_of(value)]
            parts.append(
                write_chunk(
                    sequence=len(parts),
                    decode_time=value.decode_time,
                    samples=value.samples,
                    payload=payload,
                )
            )
    return b"".join(parts)


def decoded(path: Path, kind: str) -> list[tuple[str, ...]]:
    """Presentation time (relative) and hash of each frame."""
    done = subprocess.run(
        [
            *(ffmpeg_path(), "-loglevel", "error", "-i", str(path), "-map", f"0:{kind}"),
            *("-fps_mode", "passthrough", "-f", "framemd5", "-"),
        ],
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    rows = [line.split(",") for line in done.stdout.decode().splitlines() if not line.startswith("#")]
    first = int(rows[0][2])
    scale = 90_000 if kind == "v" else 48_000
    base = next(
        line.split(":")[1] for line in done.stdout.decode().splitlines() if line.startswith("#tb 0")
    ).strip()
    numerator, denominator = (int(number) for number in base.split("/"))
    return [(str((int(row[2]) - first) * numerator * scale // denominator), row[-1].strip()) for row in rows]


def test_pictures_come_through_unchanged(stream: Path, tmp_path: Path) -> None:
    out = remuxed(stream.read_bytes())
    target = tmp_path / "picture.mp4"
    target.write_bytes(as_file(out, Kind.VIDEO))
    got, expected = decoded(target, "v"), decoded(stream, "v")
    assert [digest for _, digest in got] == [digest for _, digest in expected]
    steps = [abs(int(mine) - int(theirs)) for (mine, _), (theirs, _) in zip(got, expected, strict=True)]
    assert max(steps) <= 90
    sound_and_picture = [fragments(out, kind)[0] for kind in (Kind.VIDEO, Kind.AUDIO)]
    video, audio = sound_and_picture
    assert abs(video.decode_time / 90_000 - audio.decode_time / 48_000) < 0.2


def test_sound_comes_through_unchanged(stream: Path, tmp_path: Path) -> None:
    out = remuxed(stream.read_bytes())
    target = tmp_path / "sound.mp4"
    target.write_bytes(as_file(out, Kind.AUDIO))
    got, expected = decoded(target, "a"), decoded(stream, "a")
    # The run begins with a key frame's packet: sound of before it may be left out.
    assert 0 <= len(expected) - len(got) <= 2
    assert [digest for _, digest in got] == [digest for _, digest in expected][-len(got) :]
    ends = [fragment.decode_time + fragment.duration for fragment in fragments(out, Kind.AUDIO)]
    begins = [fragment.decode_time for fragment in fragments(out, Kind.AUDIO)]
    assert ends[:-1] == begins[1:]


def test_what_it_composes_is_read_by_our_own_reader_alike(stream: Path) -> None:
    out = remuxed(stream.read_bytes())
    for kind in Kind:
        own = [value for found, value in out if found is kind]
        read = Reader().feed(as_file(out, kind))
        assert not any(isinstance(value, Malformed) for value in read)
        assert isinstance(read[0], Init)
        assert isinstance(own[0], Init)
        assert read[0] == own[0]
        assert [value.payload for value in read if isinstance(value, Fragment)] == [
            value.payload for value in own if isinstance(value, Fragment)
        ]


def test_key_frames_are_told(stream: Path) -> None:
    frames = fragments(remuxed(stream.read_bytes()), Kind.VIDEO)
    assert frames[0].independent
    assert sum(frame.independent for frame in frames) == pytest.approx(4, abs=1)


def runs(data: bytes) -> Iterator[list[Out]]:
    """Damage makes several runs of one; each has a remuxer of its own."""
    splitter = Splitter()
    remuxer: Remuxer | None = None
    for piece in pieces(data):
        for event in splitter.feed(piece):
            if isinstance(event, Begun):
                remuxer = Remuxer(video=event.streams.video, audio=event.streams.audio, offset_s=100)
                yield remuxer.feed(event.preamble)
            elif isinstance(event, Payload) and remuxer is not None:
                yield remuxer.feed(event.data)


@pytest.mark.parametrize("size", [1, 30, 180])
def test_damage_raises_nothing_but_unsuitable(stream: Path, size: int) -> None:
    data = bytearray(stream.read_bytes())
    for at in range(20 * 188, len(data) - 188, 37 * 188):
        data[at + 4 : at + 4 + size] = b"\xa5" * size
    given = 0
    with contextlib.suppress(Unsuitable):
        for out in runs(bytes(data)):
            given += sum(isinstance(value, Fragment) for _, value in out)
    assert given
