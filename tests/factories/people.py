"""People with accounts."""

from datetime import datetime, timedelta
from itertools import count

from konsilium.people.actions import verify_physician
from konsilium.people.models import User

_numbers = count(1)


def make_user(name: str = "", **fields: object) -> User:
    number = next(_numbers)
    email = str(fields.pop("email", f"person-{number}@example.org"))
    return User.objects.create_user(email, full_name=name or f"Person {number}", **fields)


def make_physician(now: datetime, name: str = "", *, days: int = 365, **fields: object) -> User:
    """Somebody whose licence another person looked at an hour ago."""
    user = make_user(name, **fields)
    verifier = make_user("Verifier")
    verify_physician(
        actor=verifier, user=user, valid_until=now + timedelta(days=days), now=now - timedelta(hours=1)
    )
    return user
