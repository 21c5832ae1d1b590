"""Waiting for the server and for the first picture, as a viewer would see it."""

import http.client
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from konsilium.mediaplane.grants import issue_grant


def get(url: str, headers: dict[str, str] | None = None, timeout: float = 3.0) -> tuple[int, bytes]:
    """One plain request; status 0 when nobody answers."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout)
    try:
        connection.request(
            "GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers or {}
        )
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def is_up(site: str) -> bool:
    status, body = get(f"{site}/healthz")
    return status == HTTPStatus.OK and json.loads(body).get("status") == "ok"


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """The demo itself as a viewer: looks whether a picture can be fetched, with a grant like everybody's."""

    site: str
    channel: str
    key: bytes

    def sees(self, feed: str) -> bool:
        """Whether the feed's playlist names parts, and the last of them can be fetched."""
        token = issue_grant(self.key, holder="demo", channel=self.channel, now=datetime.now(UTC))
        headers = {"Authorization": f"Bearer {token}"}
        playlist = f"{self.site}/media/{self.channel}/{feed}/video.m3u8"
        status, body = get(playlist, headers)
        if status != HTTPStatus.OK:
            return False
        parts = [line for line in body.decode().splitlines() if line.startswith("#EXT-X-PART:")]
        if not parts:
            return False
        address = parts[-1].partition('URI="')[2].partition('"')[0]
        status, media = get(urljoin(playlist, address), headers)
        return status == HTTPStatus.OK and len(media) > 0
