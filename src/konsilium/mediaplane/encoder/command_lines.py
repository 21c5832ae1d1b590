"""Command lines of ffmpeg: values in, list of arguments out."""

from collections.abc import Sequence
from dataclasses import dataclass

from konsilium.mediaplane.encoder.decisions import StagePlan, Treatment

#: Added to every time stamp of stage 2, so that none is negative, not even just before a wrap at 2^33 where
#: ffmpeg counts from below zero.
TIME_OFFSET_S = 100

#: 9 AAC frames of 1024 samples at 48 kHz are 192 ms; a little less, so that rounding never makes it ten.
_AUDIO_FRAGMENT_US = 191_000

#: negative_cts_offsets and frag_discont keep the source's own time stamps: without them every track starts
#: at zero, and pictures with B-frames would come late against the sound.
_MOVFLAGS = "+default_base_moof+delay_moov+frag_discont+negative_cts_offsets+skip_trailer"

#: Parameter sets before every key frame too: some players overlook a new initialisation section.
IN_BAND = ("-bsf:v", "dump_extra=freq=keyframe")

#: File descriptors of a child's further outputs.
Fds = Sequence[int]

#: Of the sound for thin lines: with the boxes around it well below 48 kbit/s.
LOW_SOUND_KBPS = 28
#: A level needs no more than every sixth sample, and their number in 200 ms. The rate is a prime number, so
#: that hardly any tone falls between them.
_LEVEL_RATE, _LEVEL_SAMPLES = 7919, 1584

THUMBNAIL_WIDTH = 320

_X264 = (
    *(
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-tune",
        "zerolatency",
        "-profile:v",
        "main",
        "-threads",
        "1",
    ),
    *("-sc_threshold", "0"),
)
_NVENC = ("-c:v", "h264_nvenc", "-preset", "p1", "-tune", "ull", "-rc", "cbr", "-forced-idr", "1")

_QUIET = ["-nostdin", "-hide_banner", "-nostats"]


@dataclass(frozen=True, slots=True)
class ListenAt:
    address: str
    port: int
    passphrase: str
    latency_ms: int


def listen(ffmpeg: str, at: ListenAt) -> list[str]:
    """Waits for one SRT sender and passes its bytes on untouched.

    The level is info because ffmpeg says only there that somebody connected.
    """
    return [
        ffmpeg,
        *_QUIET,
        *("-loglevel", "info"),
        *("-mode", "listener", "-passphrase", at.passphrase, "-latency", str(at.latency_ms * 1000)),
        # As large as a message of SRT, or each would be written in two pieces.
        *("-raw_packet_size", "1456", "-f", "data", "-i", f"srt://{_host(at.address)}:{at.port}"),
        *("-map", "0", "-c", "copy", "-f", "data", "-flush_packets", "1", "pipe:1"),
    ]


def send(ffmpeg: str, clip: str, at: ListenAt) -> list[str]:
    """Plays a clip for ever into an SRT listener."""
    return [
        ffmpeg,
        *_QUIET,
        *("-loglevel", "error", "-re", "-readrate_initial_burst", "0.05", "-stream_loop", "-1", "-i", clip),
        *("-map", "0", "-c", "copy", "-muxdelay", "0", "-muxpreload", "0"),
        *("-passphrase", at.passphrase, "-latency", str(at.latency_ms * 1000), "-pkt_size", "1316"),
        *("-f", "mpegts", f"srt://{_host(at.address)}:{at.port}"),
    ]


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def stage(ffmpeg: str, plan: StagePlan, *, video_fd: int, audio_fd: int, probe: int) -> list[str]:
    """Transport stream on stdin, fragmented MP4 of the picture and of the sound on one pipe each.

    ffmpeg looks at its input for as long as it is allowed to, even when it knows all streams: `probe` is how
    many bytes of coded data it takes to know them.
    """
    command = [
        ffmpeg,
        *_QUIET,
        *("-loglevel", "warning", "-copyts"),
        # Not nobuffer: it throws away what was looked at, and with it the first key frame.
        *("-flags", "low_delay", "-fpsprobesize", "0"),
        *("-analyzeduration", "10000000", "-probesize", str(max(32, probe))),
        *("-f", "mpegts", "-i", "pipe:0"),
    ]
    if plan.video is not Treatment.NONE:
        command += [
            "-map",
            f"0:i:{plan.video_pid}",
            *_video(plan),
            *_mp4("+frag_every_frame"),
            f"pipe:{video_fd}",
        ]
    if plan.audio is not Treatment.NONE:
        fragment = ("-frag_duration", str(_AUDIO_FRAGMENT_US))
        command += ["-map", f"0:i:{plan.audio_pid}", *_audio(plan), *fragment, *_mp4(""), f"pipe:{audio_fd}"]
    return command


def _mp4(flags: str) -> list[str]:
    return [
        *("-output_ts_offset", str(TIME_OFFSET_S), "-avoid_negative_ts", "disabled"),
        *("-movflags", _MOVFLAGS + flags, "-use_editlist", "0"),
        *("-map_metadata", "-1", "-flush_packets", "1", "-f", "mp4"),
    ]


def _video(plan: StagePlan) -> list[str]:
    if plan.video is Treatment.COPY:
        return ["-c:v", "copy", "-video_track_timescale", "90000"]
    # Square pixels, even sides, at most 1080p: what every browser decodes.
    shrink = "min(1,min(1920/(iw*sar),1080/ih))"
    scale = f"scale=w='trunc({shrink}*iw*sar/2)*2':h='trunc({shrink}*ih/2)*2',setsar=1,format=yuv420p"
    return [
        *("-vf", f"bwdif=deint=interlaced,{scale}" if plan.deinterlace else scale),
        *("-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", "high"),
        *("-crf", "23", "-maxrate", "6M", "-bufsize", "6M", "-sc_threshold", "0", "-g", "600"),
        # By time, because the frame rate of a live source may not be known.
        *("-force_key_frames", "expr:isnan(prev_forced_t)+gte(t,prev_forced_t+1)"),
        *("-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-video_track_timescale", "90000"),
        *IN_BAND,
    ]


def _audio(plan: StagePlan) -> list[str]:
    if plan.audio is Treatment.COPY:
        return ["-c:a", "copy", "-bsf:a", "aac_adtstoasc"]
    return [
        *("-af", "aresample=async=1:min_hard_comp=0.1", "-c:a", "aac", "-profile:a", "aac_low"),
        *("-b:a", "128k", "-ar", "48000", "-ac", "2"),
    ]


def listen_in(ffmpeg: str, *, levels_fd: int, sound_fd: int) -> list[str]:
    """AAC with ADTS headers on stdin; its level as lines, and the same as mono of a low rate.

    The frames that come out bear the time of those that went in, counted from 0.
    """
    measure = "measure_perchannel=RMS_level:measure_overall=Peak_level+RMS_level"
    filters = (
        "[0:a]asplit[heard][both];[both]pan=mono|c0=0.5*c0+0.5*c1[low];"
        # One sample is taken as it is: no filter is wanted here.
        f"[heard]aresample={_LEVEL_RATE}:filter_size=1:phase_shift=0:cutoff=1,"
        f"asetnsamples=n={_LEVEL_SAMPLES}:p=0,astats=metadata=1:reset=1:{measure},"
        rf"ametadata=mode=print:direct=1:file=pipe\\:{levels_fd},anullsink"
    )
    return [
        ffmpeg,
        *_QUIET,
        *("-loglevel", "error", "-flags", "low_delay", "-probesize", "32", "-analyzeduration", "0"),
        *("-threads", "1", "-f", "aac", "-i", "pipe:0", "-filter_complex_threads", "1"),
        *("-filter_complex", filters, "-map", "[low]"),
        *("-c:a", "aac", "-aac_coder", "fast", "-threads", "1", "-b:a", f"{LOW_SOUND_KBPS}k"),
        *("-frag_duration", str(_AUDIO_FRAGMENT_US), *_mp4("")),
        f"pipe:{sound_fd}",
    ]


def thumbnails(ffmpeg: str, *, fd: int) -> list[str]:
    """A film of key frames on stdin, each small and uncoded as soon as it is decoded."""
    scale = f"scale={THUMBNAIL_WIDTH}:'trunc({THUMBNAIL_WIDTH}*ih/(iw*sar)/2)*2'"
    return [
        ffmpeg,
        *_QUIET,
        *("-loglevel", "error", "-flags", "low_delay", "-probesize", "32"),
        *("-analyzeduration", "0", "-threads", "1", "-skip_loop_filter", "all"),
        *("-fpsprobesize", "0", "-f", "mp4", "-i", "pipe:0", "-fps_mode", "passthrough"),
        *("-filter_threads", "1"),
        *("-vf", f"{scale}:flags=area:out_range=full,setsar=1,format=yuvj420p"),
        *("-flush_packets", "1", "-f", "yuv4mpegpipe", f"pipe:{fd}"),
    ]


def rung(ffmpeg: str, *, height: int, kbps: int, nvenc: bool, fd: int) -> list[str]:
    """A film on stdin, the same smaller: with its time stamps, and key frames where it has them."""
    size = f"w='trunc(min(1,{height}/ih)*iw*sar/2)*2':h='trunc(min({height},ih)/2)*2'"
    coder = _NVENC if nvenc else _X264
    return [
        ffmpeg,
        *_QUIET,
        *(
            "-loglevel",
            "error",
            "-copyts",
            "-flags",
            "low_delay",
            "-probesize",
            "32",
            "-analyzeduration",
            "0",
        ),
        *("-fpsprobesize", "0", "-threads", "1", "-f", "mp4", "-i", "pipe:0", "-filter_threads", "1"),
        *("-vf", f"scale={size}:flags=fast_bilinear,setsar=1,format=yuv420p", *coder),
        *("-b:v", f"{kbps}k", "-maxrate", f"{kbps}k", "-bufsize", f"{kbps}k", "-g", "600", "-bf", "0"),
        *("-force_key_frames", "source", "-fps_mode", "passthrough", "-enc_time_base", "1:90000"),
        *("-video_track_timescale", "90000", *IN_BAND, "-avoid_negative_ts", "disabled"),
        *("-movflags", _MOVFLAGS + "+frag_every_frame", "-use_editlist", "0", "-map_metadata", "-1"),
        *("-flush_packets", "1", "-f", "mp4", f"pipe:{fd}"),
    ]


def probe_nvenc(ffmpeg: str) -> list[str]:
    """One small picture, coded by the graphics processor: fails where there is none that can."""
    return [
        ffmpeg,
        *_QUIET,
        *(
            "-loglevel",
            "error",
            "-f",
            "lavfi",
            "-i",
            "color=s=640x360:r=25:d=0.04",
            *_NVENC,
            "-f",
            "null",
            "-",
        ),
    ]
