"""Good examples to start from: what is nearly right gets further than noise."""

import subprocess

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.encoder.tools import ffmpeg_path
from konsilium.mediaplane.hls import SOUND
from tests.fuzz.targets import grant, origin
from tests.mediaplane.hls_factory import (
    CIPHER,
    OTHER_FRAME,
    PPS_320,
    SPS_320,
    fragment_bytes,
    init_section,
    key_frame,
)
from tests.mediaplane.mpegts import streams

PIECES = bytes((40,))
REPORT = (
    b"Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:x':\n"
    b"  Duration: 01:02:03.50, start: 0.000000, bitrate: 335 kb/s\n"
    b"  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709, progressive), "
    b"1920x1080 [SAR 1:1 DAR 16:9], 4257 kb/s, 25 fps, 25 tbr, 12800 tbn (default)\n"
    b"    Side data:\n      Display Matrix: rotation of -90.00 degrees\n"
    b"  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, stereo, fltp, 69 kb/s\n"
)


def mp4() -> bytes:
    frames = [(key_frame(), 3600, True), (OTHER_FRAME, 3600, False)]
    changed = [(key_frame(sps=SPS_320, pps=PPS_320), 3600, True)]
    return (
        init_section(Kind.VIDEO)
        + fragment_bytes(0, frames)
        + fragment_bytes(7200, frames)
        + fragment_bytes(14_400, changed)
    )


def sound_mp4() -> bytes:
    return init_section(Kind.AUDIO, timescale=48_000) + fragment_bytes(0, [(b"aaac", 1024, True)] * 9)


def filmed(form: str) -> bytes:
    """Half a second as ffmpeg writes it: real parameter sets, real slices, B-frames."""
    return subprocess.run(
        [
            *(
                ffmpeg_path(),
                "-nostdin",
                "-loglevel",
                "error",
                "-f",
                "lavfi",
                "-i",
                "testsrc2=s=64x64:r=25:d=0.5",
            ),
            *("-f", "lavfi", "-i", "sine=440:r=48000:d=0.5", "-c:v", "libx264", "-preset", "fast", "-g", "6"),
            *(("-map", "0:v") if form == "mp4" else ()),
            *("-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2", "-movflags", "frag_keyframe+empty_moov"),
            *("-f", form, "pipe:1"),
        ],
        capture_output=True,
        check=True,
    ).stdout


def filmed_seeds(target: str) -> list[bytes]:
    """For the guided runs, which may start ffmpeg."""
    form = {"mp4": "mp4", "stream": "mpegts", "remux": "mpegts"}.get(target)
    return [PIECES + filmed(form)] if form else []


def seeds(target: str) -> list[bytes]:
    own = origin()
    timeline = own.timeline("endoscope")
    msn, part = timeline.last or (0, 0)
    number = b"%d" % CIPHER.number(timeline.end, timeline.timescale)
    made = grant().encode()
    return {
        "mp4": [PIECES + mp4(), PIECES + sound_mp4()],
        "stream": [
            PIECES + streams.programme(frames=12),
            PIECES + streams.programme(frames=6, start=(1 << 33) - 7200),
        ],
        "remux": [PIECES + streams.programme(frames=12), PIECES + streams.programme(frames=12, audio=False)],
        "playlist": [
            b"master.m3u8",
            b"master.m3u8?feed=endoscope",
            b"endoscope/video.m3u8?_HLS_msn=%d&_HLS_part=%d&_HLS_skip=YES" % (msn, part + 1),
            SOUND.encode() + b"/audio.m3u8?_HLS_msn=%d" % (msn + 1),
            b"endoscope/video.m3u8?from=2026-11-22T14:05:00Z&to=2026-11-22T14:06:00%2B01:00",
            b"endoscope/part-%d.m4s" % timeline.end,
            b"/media/0190-hall/desk",
        ],
        "key": [
            number,
            number + b"|Bearer " + made[:-3] + b"|konsilium_grant=" + made[:-5] + b"|x|bytes=0-1",
        ],
        "recording": [
            b"master.m3u8",
            b"endoscope/video.m3u8",
            b"sound/audio.m3u8?from=2026-11-22T14:00:01Z&to=2026-11-22T14:00:03Z",
            b"endoscope/video.m3u8?from=2026-11-22T14:00:01.5%2B00:00",
            b"film.mp4?feed=endoscope&from=2026-11-22T14:00:01Z",
            b"film.mp4?bytes=100-200",
            b"endoscope/init-1.mp4",
            b"endoscope/seg-1.m4s",
            b"key-7257600.bin",
        ],
        "post": [
            b'{"behind_s": 1.1, "stalls": 0, "feed": "endoscope"}',
            b'{"behind_s": 1e309, "stalls": -1, "feed": "sound-low"}',
            b'{"behind_s": NaN}',
        ],
        "grant": [made, b"\x05A", b"eyJhbGciOiJub25lIn0.e30."],
        "report": [REPORT],
    }[target]
