"""The origin: what browsers ask for over HTTP, answered from the timelines. A shell."""

from konsilium.mediaplane.origin.app import Origin, create_origin
from konsilium.mediaplane.origin.channel import ChannelTimelines, angles_of
from konsilium.mediaplane.origin.requests import read_headers

__all__ = ["ChannelTimelines", "Origin", "angles_of", "create_origin", "read_headers"]
