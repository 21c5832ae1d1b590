"""Viewing grants: short-lived proof that one person may see one channel. Issued by the web plane, checked here."""

import secrets
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
#: Far above what we issue; keeps the parser from chewing on whatever a stranger sends.
MAX_TOKEN: Final = 2048
ALGORITHM: Final = "HS256"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who may watch, and until when this proof of it is good."""

    person: str
    channel: str
    expires: datetime
    name: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    reason: str


def issue_grant(
    key: bytes, *, holder: str, channel: str, now: datetime, name: str = "", ttl: int = GRANT_TTL
) -> str:
    claims = {
        "sub": holder,
        "ch": channel,
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp() + ttl),
        "jti": secrets.token_hex(8),
    }
    if name:
        claims["name"] = name
    return jwt.encode(claims, _usable(key), algorithm=ALGORITHM)


def verify_grant(key: bytes, token: str, *, channel: str, now: datetime) -> Holder | Refused:
    if len(token) > MAX_TOKEN:
        return Refused("the grant is too long")
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
    name = claims.get("name", "")
    return Holder(
        person=claims["sub"],
        channel=channel,
        expires=datetime.fromtimestamp(claims["exp"], UTC),
        name=name if isinstance(name, str) else "",
    )


def _flaw(claims: dict[str, object], *, channel: str, now: datetime) -> str:
    person, of_channel, issued, expires = claims["sub"], claims["ch"], claims["iat"], claims["exp"]
    if not (isinstance(person, str) and person and isinstance(of_channel, str)):
        return "the grant names nobody"
    if not (isinstance(issued, int) and isinstance(expires, int) and 0 < expires < 1 << 36):
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
