"""The origin's answers with the encryption taken off, for a player that cannot do it itself.

GStreamer 1.22 knows AES-128, but not together with EXT-X-MAP (docs/players.md); everything else of what we serve
can be shown to it this way.
"""

import re
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from konsilium.mediaplane.origin.app import App, Message, Receive, Scope, Send


def opened(origin: App) -> App:
    """Below `/opened/` as the origin below `/media/`; media playlists first, segments afterwards."""
    keys: dict[str, tuple[str, int]] = {}

    async def relay(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].replace("/opened/", "/media/", 1)
        status, headers, body = await _answer(origin, scope, receive, path)
        if status == 200 and path.endswith(".m3u8"):
            body = _without_keys(body.decode(), path.rpartition("/")[0], keys).encode()
        elif status == 200 and path in keys:
            uri, number = keys[path]
            _, _, key = await _answer(origin, scope, receive, uri)
            body = _decrypted(body, key, number)
        headers = [(name, value) for name, value in headers if name != b"content-length"]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return relay


async def _answer(
    origin: App, scope: Scope, receive: Receive, path: str
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    heard: list[Message] = []

    async def send(message: Message) -> None:
        heard.append(message)

    plain: list[Any] = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    await origin({**scope, "path": path, "raw_path": path.encode(), "headers": plain}, receive, send)
    body = b"".join(message.get("body", b"") for message in heard[1:])
    return heard[0]["status"], list(heard[0]["headers"]), body


def _without_keys(playlist: str, folder: str, keys: dict[str, tuple[str, int]]) -> str:
    """Notes which key and number each segment has (RFC 8216bis 5.2: the IV is the Media Sequence Number)."""
    sequence = re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", playlist)
    number, key, kept = int(sequence[1]) if sequence else 0, "", []
    for line in playlist.splitlines():
        if line.startswith("#EXT-X-KEY"):
            found = re.search(r'URI="\.\./([^"]+)"', line)
            key = f"{folder.rpartition('/')[0]}/{found[1]}" if found else ""
            continue
        # Without parts nothing is asked for that the playlist does not name as a whole segment.
        if re.match(r"#EXT-X-(PART|PRELOAD-HINT|SERVER-CONTROL|RENDITION-REPORT)", line):
            continue
        if line and not line.startswith("#"):
            if key and sequence:
                keys[f"{folder}/{line}"] = (key, number)
            number += 1
        kept.append(line)
    return "\n".join(kept) + "\n"


def _decrypted(data: bytes, key: bytes, number: int) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(number.to_bytes(16, "big"))).decryptor()
    unpadder = PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(data) + decryptor.finalize()) + unpadder.finalize()
