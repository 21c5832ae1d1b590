"""Only a grant that is ours, in time and of this channel opens a picture."""

import base64
import json
from datetime import datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from konsilium.mediaplane.grants import GRANT_TTL, Holder, Refused, issue_grant, verify_grant

KEY = b"k" * 32
NOON = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
TOKEN = issue_grant(KEY, holder="dana", channel="one", now=NOON, name="Дана")
#: The payload of a well-made grant, to be spoilt one claim at a time.
CLAIMS = {
    "sub": "dana",
    "ch": "one",
    "iat": int(NOON.timestamp()),
    "exp": int(NOON.timestamp()) + 120,
    "jti": "1",
}


def forged(claims: dict[str, object], *, key: bytes = KEY, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key, algorithm=algorithm)


def unsigned() -> str:
    head, body = ({"alg": "none", "typ": "JWT"}, CLAIMS)
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, body)]
    return b".".join([*parts, b""]).decode()


def test_a_good_grant_names_its_holder() -> None:
    assert verify_grant(KEY, TOKEN, channel="one", now=NOON) == Holder(
        person="dana",
        channel="one",
        expires=NOON + timedelta(seconds=GRANT_TTL),
        issued=NOON,
        name="Дана",
    )


def test_a_grant_allows_what_it_says_and_nothing_we_do_not_know() -> None:
    token = issue_grant(KEY, holder="dana", channel="one", now=NOON, acts=["stop", "fly"])
    held = verify_grant(KEY, token, channel="one", now=NOON)
    assert isinstance(held, Holder)
    assert held.acts == {"stop"}
    assert verify_grant(KEY, TOKEN, channel="one", now=NOON).acts == frozenset()  # type: ignore[union-attr]


def test_two_grants_are_never_the_same() -> None:
    assert issue_grant(KEY, holder="dana", channel="one", now=NOON) != issue_grant(
        KEY, holder="dana", channel="one", now=NOON
    )


@pytest.mark.parametrize(
    ("later", "good"), [(0, True), (119, True), (129, True), (131, False), (-9, True), (-11, False)]
)
def test_a_grant_lives_as_long_as_it_says_give_or_take_the_clocks(later: int, good: bool) -> None:
    verdict = verify_grant(KEY, TOKEN, channel="one", now=NOON + timedelta(seconds=later))
    assert isinstance(verdict, Holder) is good


REFUSED = {
    "another channel": (TOKEN, "two"),
    "another key": (forged(CLAIMS, key=b"x" * 32), "one"),
    "no signature": (unsigned(), "one"),
    "another algorithm": (forged(CLAIMS, key=b"k" * 64, algorithm="HS512"), "one"),
    "a cut token": (TOKEN[:-2], "one"),
    "the same with padding": (TOKEN + "=", "one"),
    "the same with something to pass over": (TOKEN[:-4] + "!" + TOKEN[-4:], "one"),
    "the same on a line of its own": (TOKEN + "\n", "one"),
    "nothing": ("", "one"),
    "a very long one": ("a" * 100_000, "one"),
    "no person": (forged({**CLAIMS, "sub": ""}), "one"),
    "no channel": (forged({key: value for key, value in CLAIMS.items() if key != "ch"}), "one"),
    "a channel that is no text": (forged({**CLAIMS, "ch": 1}), "one"),
    "no end": (forged({key: value for key, value in CLAIMS.items() if key != "exp"}), "one"),
    "an end that is no number": (forged({**CLAIMS, "exp": "tomorrow"}), "one"),
    "an end beyond all calendars": (forged({**CLAIMS, "exp": 1 << 60}), "one"),
    "a beginning that is no number": (forged({**CLAIMS, "iat": None}), "one"),
}


@pytest.mark.parametrize(("token", "channel"), REFUSED.values(), ids=REFUSED.keys())
def test_everything_else_is_refused(token: str, channel: str) -> None:
    assert isinstance(verify_grant(KEY, token, channel=channel, now=NOON), Refused)


@given(st.text(max_size=200))
def test_any_text_is_refused(token: str) -> None:
    assert isinstance(verify_grant(KEY, token, channel="one", now=NOON), Refused)


@given(place=st.integers(0, len(TOKEN) - 1), letter=st.sampled_from("abcXYZ019-_."))
def test_a_changed_grant_is_refused(place: int, letter: str) -> None:
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    verdict = verify_grant(KEY, changed, channel="one", now=NOON)
    # The last letter of base64 carries bits that mean nothing.
    assert changed == TOKEN or isinstance(verdict, Refused) or place == len(TOKEN) - 1


def test_a_short_key_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        issue_grant(b"short", holder="dana", channel="one", now=NOON)
