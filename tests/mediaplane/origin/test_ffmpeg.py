"""What ffmpeg coded is cut by us and decoded by ffmpeg again, over HTTP and without a complaint."""

import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import imageio_ffmpeg
import pytest

from konsilium.mediaplane.cmaf import Fragment, Init, Malformed, Reader
from konsilium.mediaplane.hls import SOUND, Angle, Filler, Limits, Timeline
from konsilium.mediaplane.origin import ChannelTimelines
from konsilium.mediaplane.seam import RenditionSink
from tests.mediaplane.hls.m3u8 import parse
from tests.mediaplane.hls_factory import CIPHER, NOON, clear
from tests.mediaplane.origin.http import CHANNEL, Origin
from tests.mediaplane.origin.serving import served

pytestmark = pytest.mark.media

VIDEO = ["-movflags", "+empty_moov+frag_every_frame+default_base_moof", "-f", "mp4"]
AUDIO = ["-movflags", "+empty_moov+default_base_moof+delay_moov", "-frag_duration", "191000", "-f", "mp4"]
X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]


def ffmpeg(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-y", *arguments]
    return subprocess.run(command, capture_output=True, check=True, timeout=120)


def made(path: Path, source: str, *coding: str) -> tuple[Init, list[Fragment]]:
    ffmpeg("-f", "lavfi", "-i", source, *coding, str(path))
    init, *fragments = Reader().feed(path.read_bytes())
    assert isinstance(init, Init)
    assert not any(isinstance(one, Malformed) for one in fragments)
    return init, [one for one in fragments if isinstance(one, Fragment)]


def play(sink: RenditionSink, init: Init, fragments: Sequence[Fragment], *, at: datetime) -> datetime:
    sink.open_period(init, at=at)
    for fragment in fragments:
        sink.add_fragment(fragment)
    ticks = fragments[-1].decode_time + fragments[-1].duration - fragments[0].decode_time
    return at + timedelta(seconds=ticks / init.timescale)


def complaints(answer: subprocess.CompletedProcess[bytes]) -> list[str]:
    known = ("Skip ('#EXT-X", "Opening ", "Found duplicated MOOV", "Duration", "Last message repeated")
    lines = answer.stderr.decode().splitlines()
    return [line for line in lines if line and not any(word in line for word in known)]


def decoded(timeline: Timeline, path: Path, *, init: int | None = None) -> int:
    """Frames ffmpeg finds in init and parts, one after the other; `init` picks one stretch of them."""
    segments = [one for one in timeline.segments if init is None or one.init == init]
    data = timeline.init(segments[0].init)
    assert data is not None
    path.write_bytes(data + b"".join(clear(timeline, one) for one in segments))
    answer = ffmpeg("-v", "warning", "-i", str(path), "-f", "framecrc", "-")
    assert not complaints(answer)
    return sum(not line.startswith(b"#") for line in answer.stdout.splitlines())


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Filler, Filler]:
    folder = tmp_path_factory.mktemp("prepared")
    slate = made(folder / "slate.mp4", "color=navy:size=640x360:rate=5:duration=4", *X264, "-g", "20", *VIDEO)
    quiet = made(folder / "silence.mp4", "anullsrc=r=48000:cl=stereo:d=1", "-c:a", "aac", *AUDIO)
    frames = Filler.of(quiet[0], quiet[1][1:2]).frames
    return Filler.of(*slate), Filler(quiet[0], frames[:1])


@pytest.fixture
def origin(prepared: tuple[Filler, Filler]) -> Origin:
    own = Origin(now=NOON)
    own.channel = ChannelTimelines(
        angles=[Angle("endoscope", "Endoscope")],
        slate=prepared[0],
        silence=prepared[1],
        cipher=CIPHER,
        now=NOON,
        limits=Limits(),
    )
    own.channels[CHANNEL] = own.channel
    return own


@pytest.mark.parametrize(
    ("source", "coding"),
    [
        ("testsrc2=size=640x360:rate=30:duration=5", ["-g", "30"]),
        ("testsrc2=size=322x182:rate=25:duration=5", ["-g", "250", "-bf", "3", "-preset", "veryfast"]),
        ("testsrc2=size=640x360:rate=60000/1001:duration=4", ["-g", "60", "-tune", "zerolatency"]),
        ("testsrc2=size=320x240:rate=24:duration=5", ["-g", "48", "-video_track_timescale", "12288"]),
        ("testsrc2=size=320x240:rate=17:duration=5", ["-g", "34", "-bf", "2"]),
    ],
)
def test_every_frame_arrives(origin: Origin, tmp_path: Path, source: str, coding: list[str]) -> None:
    init, fragments = made(tmp_path / "in.mp4", source, *X264, *coding, *VIDEO)
    end = play(origin.channel.picture_sink("endoscope"), init, fragments, at=NOON)
    origin.channel.picture_sink("endoscope").close_period(at=end)
    origin.channel.tick(end + timedelta(seconds=3))
    timeline = origin.channel.timeline("endoscope")
    assert timeline is not None
    stretches = list(dict.fromkeys(segment.init for segment in timeline.segments))
    assert len(stretches) == 3
    assert decoded(timeline, tmp_path / "out.mp4", init=stretches[1]) == len(fragments)
    target = timeline.limits.part_target_ms / 1000
    playlist = parse(origin.channel.playlist("endoscope", skip=False, packed=False).decode())
    assert max(part.duration for part in playlist.parts) <= target + 1e-6


def test_coded_sound_arrives_whole(origin: Origin, tmp_path: Path) -> None:
    tone = made(
        tmp_path / "in.mp4", "sine=440:sample_rate=48000:duration=5", "-c:a", "aac", "-ac", "2", *AUDIO
    )
    sink = origin.channel.sound_sink()
    end = play(sink, *tone, at=NOON)
    sink.close_period(at=end)
    origin.channel.tick(end + timedelta(seconds=3))
    timeline = origin.channel.timeline(SOUND)
    assert timeline is not None
    frames = decoded(timeline, tmp_path / "out.mp4")
    seconds = sum(segment.duration for segment in timeline.segments) / timeline.timescale
    assert frames == pytest.approx(seconds * 48000 / 1024, abs=1)


def test_a_changed_picture_size_in_a_copied_stream(origin: Origin, tmp_path: Path) -> None:
    """As an encoder does that is switched over: ffmpeg copies on under the old initialisation section."""
    for name, size in (("a", "640x360"), ("b", "320x240")):
        source = f"testsrc2=size={size}:rate=30:duration=2"
        ffmpeg("-f", "lavfi", "-i", source, *X264, "-g", "30", "-f", "h264", str(tmp_path / f"{name}.h264"))
    joined = tmp_path / "joined.h264"
    joined.write_bytes((tmp_path / "a.h264").read_bytes() + (tmp_path / "b.h264").read_bytes())
    ffmpeg("-r", "30", "-i", str(joined), "-c", "copy", *VIDEO, str(tmp_path / "in.mp4"))
    sink = origin.channel.picture_sink("endoscope")
    values = Reader().feed((tmp_path / "in.mp4").read_bytes())
    inits = [one for one in values if isinstance(one, Init)]
    assert [(one.width, one.height) for one in inits] == [(640, 360), (320, 240)]
    turn = values.index(inits[1])
    first = [one for one in values[:turn] if isinstance(one, Fragment)]
    second = [one for one in values[turn:] if isinstance(one, Fragment)]
    end = play(sink, inits[0], first, at=NOON)
    end = play(sink, inits[1], second, at=end)
    sink.close_period(at=end)
    origin.channel.tick(end + timedelta(seconds=3))
    timeline = origin.channel.timeline("endoscope")
    assert timeline is not None
    stretches = list(dict.fromkeys(segment.init for segment in timeline.segments))
    assert [decoded(timeline, tmp_path / "out.mp4", init=one) for one in stretches[1:3]] == [60, 60]


def test_ffmpeg_plays_it_over_http(origin: Origin, tmp_path: Path) -> None:
    """A player that we did not write: master, shared sound, grant and all."""
    picture = made(tmp_path / "v.mp4", "testsrc2=size=640x360:rate=30:duration=6", *X264, "-g", "30", *VIDEO)
    tone = made(
        tmp_path / "a.mp4", "sine=440:sample_rate=48000:duration=6", "-c:a", "aac", "-ac", "2", *AUDIO
    )
    end = play(origin.channel.picture_sink("endoscope"), *picture, at=NOON)
    play(origin.channel.sound_sink(), *tone, at=NOON)
    origin.now = end
    origin.channel.tick(end)
    origin.channel.end()
    with served(origin.app) as address:
        answer = ffmpeg(
            "-v",
            "warning",
            "-headers",
            f"Authorization: Bearer {origin.grant()}\r\n",
            *("-live_start_index", "0", "-i", f"{address}/media/{CHANNEL}/master.m3u8"),
            *("-map", "0:v", "-map", "0:a", "-fps_mode", "passthrough", "-f", "framecrc", "-"),
        )
    assert not complaints(answer)
    lines = [line.split(b",") for line in answer.stdout.splitlines() if not line.startswith(b"#")]
    frames = [sum(line[0] == stream for line in lines) for stream in (b"0", b"1")]
    # 14 s of slate at 5 fps before 6 s at 30 fps; sound all the way.
    assert frames[0] >= 180 + 60
    assert frames[1] >= 19 * 48000 / 1024
