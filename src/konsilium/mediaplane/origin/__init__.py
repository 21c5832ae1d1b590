"""The origin: what browsers ask for over HTTP, answered from the timelines. A shell."""

from konsilium.mediaplane.origin.app import create_origin
from konsilium.mediaplane.origin.channel import ChannelTimelines, angles_of

__all__ = ["ChannelTimelines", "angles_of", "create_origin"]
