"""Command lines of ffmpeg: values in, list of arguments out."""

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
