"""Low-latency HLS (RFC 8216bis): timelines on the channel clock, playlists, reload verdicts. A kernel."""

from konsilium.mediaplane.hls.channel import Channel, ChannelState
from konsilium.mediaplane.hls.cipher import Cipher
from konsilium.mediaplane.hls.clock import Limits
from konsilium.mediaplane.hls.offer import SOUND, SOUND_LOW, Angle, Interpreter
from konsilium.mediaplane.hls.rendition import Rendition
from konsilium.mediaplane.hls.shelf import Kept, Shelf
from konsilium.mediaplane.hls.signal import Filler
from konsilium.mediaplane.hls.timeline import Part, Segment, Timeline
from konsilium.mediaplane.hls.verdict import Reject, Serve, Verdict, WaitFor, reload_verdict
from konsilium.mediaplane.hls.withheld import Withheld

__all__ = [
    "SOUND",
    "SOUND_LOW",
    "Angle",
    "Channel",
    "ChannelState",
    "Cipher",
    "Filler",
    "Interpreter",
    "Kept",
    "Limits",
    "Part",
    "Reject",
    "Rendition",
    "Segment",
    "Serve",
    "Shelf",
    "Timeline",
    "Verdict",
    "WaitFor",
    "Withheld",
    "reload_verdict",
]
