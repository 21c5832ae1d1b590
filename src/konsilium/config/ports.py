"""Whether a port is free, and who has it if not."""

import contextlib
import errno
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path

from konsilium.config.terminal import CannotGoOn


def is_free(host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    return _refusal(host, port, kind) is None


def _refusal(host: str, port: int, kind: socket.SocketKind) -> OSError | None:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
    except OSError as error:
        return error
    with socket.socket(family, kind) as attempt:
        if kind == socket.SOCK_STREAM:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(address)
        except OSError as error:
            return error
    return None


def require_free(host: str, port: int, choose: str, kind: socket.SocketKind = socket.SOCK_STREAM) -> None:
    """A sentence if the port cannot be had; `choose` says how to take another one."""
    refusal = _refusal(host, port, kind)
    if refusal is None:
        return
    if refusal.errno == errno.EADDRINUSE:
        raise CannotGoOn(f"Port {port} on {host} is in use by {holder(port, kind)}. Stop that, or {choose}.")
    if refusal.errno in {errno.EACCES, errno.EPERM}:
        raise CannotGoOn(f"Port {port} may be opened by the administrator only. To go on, {choose}.")
    if refusal.errno == errno.EADDRNOTAVAIL or isinstance(refusal, socket.gaierror):
        raise CannotGoOn(
            f"{host} is no address of this machine. Use 127.0.0.1, 0.0.0.0 or one that `ip address` shows."
        )
    raise CannotGoOn(f"Port {port} on {host} cannot be opened: {refusal.strerror}. To go on, {choose}.")


class Reservation:
    """UDP ports held until their owner opens them, so that two programs that start together choose different ones.

    Between `release` and the opening nobody would hold them: until `close`, a TCP socket of the first one's number
    says to other reservations that they are taken.
    """

    def __init__(self) -> None:
        self._held: list[socket.socket] = []
        self._claims: list[socket.socket] = []

    def take(self, host: str, ports: Sequence[int]) -> bool:
        """Hold all of them, or none and say so."""
        claim = _bound(host, ports[0], socket.SOCK_STREAM)
        if claim is None:
            return False
        taken: list[socket.socket] = []
        for port in ports:
            one = _bound(host, port, socket.SOCK_DGRAM)
            if one is None:
                for held in (claim, *taken):
                    held.close()
                return False
            taken.append(one)
        self._held += taken
        self._claims.append(claim)
        return True

    def release(self) -> None:
        """The ports are about to be opened by their owner."""
        for held in self._held:
            held.close()
        self._held.clear()

    def close(self) -> None:
        """Anybody may have them."""
        self.release()
        for claim in self._claims:
            claim.close()
        self._claims.clear()


def _bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket | None:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
    attempt = socket.socket(family, kind)
    try:
        attempt.bind(address)
    except OSError:
        attempt.close()
        return None
    return attempt


def holder(port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> str:
    """The program that has the port, as far as this user may know."""
    inodes = set(_inodes(port, "tcp" if kind == socket.SOCK_STREAM else "udp"))
    for process in Path("/proc").glob("[0-9]*"):
        if inodes & set(_open_sockets(process)):
            return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return "another program"


def _open_sockets(process: Path) -> Iterable[str]:
    with contextlib.suppress(OSError):  # somebody else's process, or one that has just ended
        for link in list((process / "fd").iterdir()):
            with contextlib.suppress(OSError):
                target = str(link.readlink())
                if target.startswith("socket:["):
                    yield target[8:-1]


def _inodes(port: int, protocol: str) -> Iterable[str]:
    for table in (Path("/proc/net") / protocol, Path("/proc/net") / f"{protocol}6"):
        try:
            rows = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            # Only listeners: 0A is TCP's LISTEN, 07 what Linux calls a UDP socket without a peer.
            if int(fields[1].rpartition(":")[2], 16) == port and fields[3] in {"0A", "07"}:
                yield fields[9]
