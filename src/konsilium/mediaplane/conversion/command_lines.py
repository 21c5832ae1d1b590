"""Command lines of ffmpeg for films: values in, list of arguments out."""

from konsilium.mediaplane.conversion.decisions import Treatment, Work
from konsilium.mediaplane.encoder.command_lines import IN_BAND

#: Added to every time stamp, so that none is negative: frames that are decoded before the first is shown.
TIME_OFFSET_S = 100

#: Containers and bare streams. Not among them what names other files (playlists, lists, patterns of names):
#: an uploaded list must not make ffmpeg open this machine's files or somebody's address.
FORMATS = ",".join(
    (
        *("mov", "mp4", "matroska", "webm", "mpegts", "mpegtsraw", "mpeg", "mpegvideo", "avi", "asf", "flv"),
        *("mxf", "mxf_opatom", "ogg", "dv", "gxf", "rm", "wtv", "nut", "ivf", "h264", "hevc", "m4v", "av1"),
        *("obu", "vc1", "yuv4mpegpipe", "live_flv", "f4v", "lxf", "nsv", "swf", "3gp", "mjpeg", "gif"),
        # To say of these what they are: sound without a picture, or one picture.
        *("wav", "mp3", "aac", "flac", "aiff", "ac3", "eac3", "caf", "w64", "amr"),
        *("png_pipe", "jpeg_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe", "jpegls_pipe", "j2k_pipe"),
    )
)
#: 8K; whoever says more is lying, or wants all our memory.
_MOST_PIXELS = 8192 * 8192

_MOVFLAGS = "+default_base_moof+delay_moov+frag_discont+negative_cts_offsets+skip_trailer"
_QUIET = ["-nostdin", "-hide_banner", "-nostats"]
#: PQ or HLG on a screen that knows neither (ITU-R BT.2100 to BT.709).
_TONE_MAP = (
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv"
)


def _input(path: str) -> list[str]:
    return [
        *("-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS, "-max_pixels", str(_MOST_PIXELS)),
        *("-i", f"file:{path}"),
    ]


def report(ffmpeg: str, path: str) -> list[str]:
    """Says on stderr what the file is, then ends because it was told nothing to do."""
    return [ffmpeg, *_QUIET, "-loglevel", "info", *_input(path)]


def convert(
    ffmpeg: str, path: str, work: Work, *, picture_fd: int, sound_fd: int, low_fd: int, threads: int
) -> list[str]:
    """The film as fragmented MP4, picture and sound on a pipe each: a fragment is a group of pictures.

    The sound comes twice, the second time at a rate that any line carries.
    """
    command = [ffmpeg, *_QUIET, "-loglevel", "error"]
    command += _input(path)
    command += _sound_filters(work)
    command += ["-map", f"0:{work.picture_index}", *_picture(work, threads), *_mp4("+frag_keyframe")]
    command += [f"pipe:{picture_fd}"]
    if work.sound is Treatment.NONE:
        return command
    whole = [f"0:{work.sound_index}", "-c:a", "copy"]
    if work.sound is Treatment.CODE:
        whole = ["[whole]", *_aac("128k")]
    for coding, fd in ((whole, sound_fd), (["[low]", *_aac("32k")], low_fd)):
        command += ["-map", *coding, "-frag_duration", "1000000", *_mp4(""), f"pipe:{fd}"]
    return command


def _sound_filters(work: Work) -> list[str]:
    """One graph for both: with one each, ffmpeg's decoder and filters may wait for each other for ever."""
    if work.sound is Treatment.NONE:
        return []
    even = f"[0:{work.sound_index}]aresample=async=1:min_hard_comp=0.1,aformat=channel_layouts=stereo"
    # One voice on both sides, as the silence beside it has two.
    low = "pan=stereo|c0<c0+c1|c1<c0+c1[low]"
    if work.sound is Treatment.COPY:
        return ["-filter_complex", f"{even},{low}"]
    return ["-filter_complex", f"{even},asplit[whole][both];[both]{low}"]


def _aac(rate: str) -> list[str]:
    """32 kbit/s and what goes round them are below 48."""
    return ["-c:a", "aac", "-profile:a", "aac_low", "-b:a", rate, "-ar", "48000", "-ac", "2"]


def _mp4(flags: str) -> list[str]:
    return [
        *("-output_ts_offset", str(TIME_OFFSET_S), "-avoid_negative_ts", "disabled"),
        *("-movflags", _MOVFLAGS + flags, "-use_editlist", "0"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-f", "mp4"),
    ]


def _picture(work: Work, threads: int) -> list[str]:
    if work.picture is Treatment.COPY:
        return ["-c:v", "copy", "-video_track_timescale", "90000"]
    # Square pixels, even sides, at most 1080p: what every browser decodes.
    shrink = "min(1,min(1920/(iw*sar),1080/ih))"
    filters = ["bwdif=mode=send_frame:deint=interlaced"] if work.deinterlace else []
    filters += [_TONE_MAP] if work.tone_map else []
    filters += [
        f"scale=w='max(2,trunc({shrink}*iw*sar/2)*2)':h='max(2,trunc({shrink}*ih/2)*2)'",
        "setsar=1",
        f"fps={work.rate}",
        "format=yuv420p",
    ]
    return [
        *("-vf", ",".join(filters)),
        *("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-threads", str(threads)),
        *("-crf", "21", "-maxrate", "8M", "-bufsize", "8M", "-sc_threshold", "0", "-g", "600"),
        *("-force_key_frames", "expr:gte(t,n_forced)", "-video_track_timescale", "90000"),
        *IN_BAND,
    ]
