"""Who may do what in a congress. Fetching is authorising: each function returns the thing or refuses."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from konsilium.foundation.errors import Forbidden, Missing
from konsilium.people.access import access_account
from konsilium.people.models import User
from konsilium.people.roles import Role
from konsilium.programme.models import Congress, Membership, Session, Slot


def membership_of(actor: User | AnonymousUser | None, congress: Congress) -> Membership | None:
    """This person's membership of the congress, or None."""
    if actor is None or actor.pk is None or not actor.is_active:
        return None
    return Membership.objects.filter(congress=congress, user=actor.pk).first()


def access_congress(actor: User | AnonymousUser, slug: str) -> Congress:
    """The congress: its programme is open to everybody."""
    congress = Congress.objects.filter(slug=slug).first()
    if congress is None:
        raise Missing
    return congress


@dataclass(frozen=True, kw_only=True)
class Organising:
    """An organiser and the congress that is theirs to organise."""

    congress: Congress
    organiser: User


def access_as_organiser(actor: User | AnonymousUser, slug: str) -> Organising:
    """The congress, to one of its organisers or an administrator of the installation."""
    user = access_account(actor)
    congress = access_congress(user, slug)
    membership = membership_of(user, congress)
    if user.is_superuser or (membership is not None and membership.has(Role.ORGANISER)):
        return Organising(congress=congress, organiser=user)
    raise Forbidden


def access_membership(actor: User | AnonymousUser, congress: Congress, *roles: Role) -> Membership:
    """The actor's membership; with roles given, only if it has one of them."""
    user = access_account(actor)
    membership = membership_of(user, congress)
    if membership is None or (roles and not membership.has(*roles)):
        raise Forbidden
    return membership


def access_session(actor: User | AnonymousUser, session_id: UUID) -> Session:
    """The session: like the programme it belongs to, open to everybody."""
    related = Session.objects.select_related("congress", "hall", "day", "specialty")
    session = related.filter(pk=session_id).first()
    if session is None:
        raise Missing
    return session


def access_slot(actor: User | AnonymousUser, slot_id: UUID) -> Slot:
    """What the programme says of the slot, open to everybody; the operation in it is guarded elsewhere."""
    related = Slot.objects.select_related("congress", "hall", "day", "session", "specialty")
    slot = related.filter(pk=slot_id).first()
    if slot is None:
        raise Missing
    return slot


def access_member(organising: Organising, membership_id: UUID) -> Membership:
    """A membership of the organiser's own congress."""
    members = Membership.objects.select_related("user").filter(congress=organising.congress)
    membership = members.filter(pk=membership_id).first()
    if membership is None:
        raise Missing
    return membership
