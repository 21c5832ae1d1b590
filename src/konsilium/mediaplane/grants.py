"""Viewing grants: short-lived proof that one person may see one channel. Issued by the web plane, checked here."""

import math
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import jwt

#: Sent by the browser with every request below the channel's own path, and out of reach of its scripts.
GRANT_COOKIE: Final = "konsilium_grant"
#: Two missed renewals (the room page asks every 45 s) and the picture stops: so many seconds a
#: revoked person still sees it.
GRANT_TTL: Final = 120
#: The clocks of the web plane and the media plane may differ by this much when they run on two machines.
CLOCK_SKEW: Final = timedelta(seconds=10)
#: HS256 wants a key as long as its digest (RFC 7518 3.2).
KEY_BYTES: Final = 32
#: RFC 7515 7.1 and 2: base64url "with all trailing '=' characters omitted". PyJWT passes over what is none.
COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){2}")
#: Far above what we issue; keeps the parser from chewing on whatever a stranger sends.
MAX_TOKEN: Final = 2048
ALGORITHM: Final = "HS256"

#: What a grant may allow beyond watching.
STOP: Final = "stop"
DIRECT: Final = "direct"
DOWNLOAD: Final = "download"
ACTS: Final = frozenset({STOP, DIRECT, DOWNLOAD})


@dataclass(frozen=True, slots=True)
class Holder:
    """Who may watch, and until when this proof of it is good."""

    person: str
    channel: str
    expires: datetime
    issued: datetime
    name: str = ""
    #: What it allows beyond watching.
    acts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Refused:
    reason: str


def issue_grant(
    key: bytes,
    *,
    holder: str,
    channel: str,
    now: datetime,
    name: str = "",
    ttl: int = GRANT_TTL,
    acts: Collection[str] = (),
) -> str:
    """`channel` is what the media paths below `/media/` begin with: a channel's id, or a hall's for its desk."""
    claims: dict[str, object] = {
        "sub": holder,
        "ch": channel,
        # With its fraction: a grant given right after its holder was barred is good, one from right before is not.
        "iat": math.floor(now.timestamp() * 1000) / 1000,
        "exp": int(now.timestamp() + ttl),
        "jti": secrets.token_hex(8),
    }
    if name:
        claims["name"] = name
    if acts:
        claims["act"] = sorted(acts)
    return jwt.encode(claims, _usable(key), algorithm=ALGORITHM)


def verify_grant(key: bytes, token: str, *, channel: str, now: datetime) -> Holder | Refused:
    if len(token) > MAX_TOKEN:
        return Refused("the grant is too long")
    if COMPACT.fullmatch(token) is None:
        return Refused("the grant is not one of ours")
    try:
        # Times are checked below against the caller's clock, not against the machine's.
        claims = jwt.decode(
            token,
            _usable(key),
            algorithms=[ALGORITHM],
            options={
                "require": ["sub", "ch", "iat", "exp", "jti"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,
            },
        )
    except jwt.InvalidTokenError:
        return Refused("the grant is not one of ours")
    reason = _flaw(claims, channel=channel, now=now)
    if reason:
        return Refused(reason)
    name, acts = claims.get("name", ""), claims.get("act", [])
    return Holder(
        person=claims["sub"],
        channel=channel,
        expires=datetime.fromtimestamp(claims["exp"], UTC),
        issued=datetime.fromtimestamp(claims["iat"], UTC),
        name=name if isinstance(name, str) else "",
        acts=ACTS & {act for act in acts if isinstance(act, str)} if isinstance(acts, list) else frozenset(),
    )


def _flaw(claims: dict[str, object], *, channel: str, now: datetime) -> str:
    person, of_channel, issued, expires = claims["sub"], claims["ch"], claims["iat"], claims["exp"]
    if not (isinstance(person, str) and person and isinstance(of_channel, str)):
        return "the grant names nobody"
    if not (
        isinstance(issued, int | float)
        and isinstance(expires, int)
        and 0 < issued < 1 << 36
        and 0 < expires < 1 << 36
    ):
        return "the grant has no usable times"
    if of_channel != channel:
        return "the grant is for another channel"
    if now.timestamp() >= expires + CLOCK_SKEW.total_seconds():
        return "the grant has expired"
    if issued > (now + CLOCK_SKEW).timestamp():
        return "the grant is from the future"
    return ""


def _usable(key: bytes) -> bytes:
    if len(key) < KEY_BYTES:
        raise ValueError(f"the key for viewing grants must have at least {KEY_BYTES} bytes")
    return key
