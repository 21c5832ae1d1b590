"""A recording that is shown as if it happened now: read from the vault in real time, offered as feeds are."""

from konsilium.mediaplane.playback.attachment import Attachment
from konsilium.mediaplane.playback.outlet import PlaybackOutlet
from konsilium.mediaplane.playback.playback import Playback, PlaybackFeed, Reel

__all__ = ["Attachment", "Playback", "PlaybackFeed", "PlaybackOutlet", "Reel"]
