"""Incremental reader of one encoder's fragmented MP4."""

from konsilium.mediaplane.cmaf.model import Fragment, Init, Malformed


class Reader:
    """Takes the bytes as they come and gives what they complete; after `Malformed` it gives nothing more."""

    def feed(self, data: bytes) -> list[Init | Fragment | Malformed]:
        raise NotImplementedError(len(data))
