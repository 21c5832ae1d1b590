"""Whether a port is free, and who has it if not."""

import contextlib
import errno
import socket
from collections.abc import Iterable
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


def free_block(host: str, first: int, size: int, step: int, last: int) -> int:
    """The first of `first`, `first + step`, … from which `size` UDP ports in a row are free."""
    for start in range(first, last, step):
        if all(is_free(host, port, socket.SOCK_DGRAM) for port in range(start, start + size)):
            return start
    raise CannotGoOn(
        f"No free UDP ports for encoders were found between {first} and {last}. Stop other programs first."
    )


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
