"""Who may: grants, checked once and remembered, and those who are barred since."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from konsilium.mediaplane.grants import CLOCK_SKEW, Holder, Refused, verify_grant
from konsilium.mediaplane.origin.answers import Refusal
from konsilium.mediaplane.origin.requests import Asker

#: Checking a signature for each of a viewer's eight requests a second is work nobody gains from.
MOST_HOLDERS_KEPT = 20_000


class Admission:
    """`now` in seconds since 1970: asked for every request, so it is not made a datetime of."""

    def __init__(
        self,
        key: bytes,
        *,
        now: Callable[[], float],
        barred: Callable[[str], Mapping[str, datetime]],
    ) -> None:
        self._key = key
        self._now = now
        self._barred = barred
        self._holders: dict[tuple[str, str], tuple[Holder, float]] = {}

    def holder(self, asker: Asker, place: str) -> Holder:
        """The answer to a stranger is the same whether there is such a place or not. Raises Refusal."""
        token = asker.token
        if token is None:
            raise Refusal(401, "A viewing grant is needed.")
        holder: Holder
        known = self._holders.get((token, place))
        if known is not None and self._now() < known[1]:
            holder = known[0]
        else:
            holder = self._verified(token, place, datetime.fromtimestamp(self._now(), UTC))
        barred = self._barred(place)
        if barred and (since := barred.get(holder.person)) is not None and holder.issued <= since:
            raise Refusal(403, "This viewing grant was taken back.")
        return holder

    def allowed(self, asker: Asker, place: str, act: str, refusal: str) -> Holder:
        holder = self.holder(asker, place)
        if act not in holder.acts:
            raise Refusal(403, refusal)
        return holder

    def _verified(self, token: str, place: str, now: datetime) -> Holder:
        verdict = verify_grant(self._key, token, channel=place, now=now)
        if isinstance(verdict, Refused):
            self._holders.pop((token, place), None)
            raise Refusal(403, "This viewing grant is not good here: " + verdict.reason + ".")
        if len(self._holders) >= MOST_HOLDERS_KEPT:
            self._holders.clear()
        self._holders[token, place] = (verdict, (verdict.expires + CLOCK_SKEW).timestamp())
        return verdict
