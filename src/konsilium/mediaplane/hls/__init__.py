"""Low-latency HLS (RFC 8216bis): timelines on the channel clock, playlists, reload verdicts. A kernel."""

from konsilium.mediaplane.hls.channel import SOUND, Angle, Channel, ChannelState
from konsilium.mediaplane.hls.clock import Limits
from konsilium.mediaplane.hls.rendition import Rendition
from konsilium.mediaplane.hls.signal import Filler
from konsilium.mediaplane.hls.timeline import Part, Segment, Timeline
from konsilium.mediaplane.hls.verdict import Reject, Serve, Verdict, WaitFor, reload_verdict

__all__ = [
    "SOUND",
    "Angle",
    "Channel",
    "ChannelState",
    "Filler",
    "Limits",
    "Part",
    "Reject",
    "Rendition",
    "Segment",
    "Serve",
    "Timeline",
    "Verdict",
    "WaitFor",
    "reload_verdict",
]
