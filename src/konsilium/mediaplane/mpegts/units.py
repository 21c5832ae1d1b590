"""Counts the coded bytes a reader must see before it knows every stream."""

from konsilium.mediaplane.mpegts.tables import PACKET, packet_payload

_PES_HEADER = 6


class Units:
    """Follows the first packets of a run; a unit is one PES packet, in the order in which they are complete."""

    def __init__(self, *, video_pid: int | None, audio_pid: int | None) -> None:
        self._video_pid = video_pid
        self._pids = frozenset(pid for pid in (video_pid, audio_pid) if pid is not None)
        self._open: dict[int, tuple[int, int]] = {}
        self._done: list[tuple[int, int]] = []

    def feed(self, packets: bytes) -> None:
        for at in range(0, len(packets), PACKET):
            pid = ((packets[at + 1] & 0x1F) << 8) | packets[at + 2]
            if pid in self._pids:
                starts = bool(packets[at + 1] & 0x40)
                self._take(pid, packet_payload(packets[at : at + PACKET]), starts=starts)

    def _take(self, pid: int, payload: bytes, *, starts: bool) -> None:
        size, length = self._open.get(pid, (-1, 0))
        if starts:
            if size > 0:
                self._done.append((pid, size))
            size, length = 0, int.from_bytes(payload[4:6], "big") if len(payload) >= _PES_HEADER else 0
        if size < 0:
            return
        size += len(payload)
        # ISO/IEC 13818-1, 2.4.3.7: a length of 0 "is allowed only in PES packets whose payload consists of
        # bytes from a video elementary stream", and then only the next start says that this one is complete.
        if length and size >= length + _PES_HEADER:
            self._done.append((pid, size))
            size = -1
        self._open[pid] = (size, length)

    def clear(self) -> None:
        self._open.clear()
        self._done.clear()

    def has(self, pid: int) -> bool:
        return any(done == pid for done, _ in self._done)

    @property
    def probe(self) -> int:
        """When a reader has got so many coded bytes, it has got something of every stream.

        Readers hold a picture back until they see the next one begin; so a picture that is the last thing
        to be waited for has to be counted itself, less what its PES header takes.
        """
        before, missing = 0, {pid for pid in self._pids if self.has(pid)}
        for pid, size in self._done:
            missing.discard(pid)
            if not missing:
                return before + (size * 9 // 10 if pid == self._video_pid else 1)
            before += size
        return before + 1
