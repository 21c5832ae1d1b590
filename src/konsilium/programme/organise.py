"""Pages of an organiser: who takes part, who is verified, as what."""

from dataclasses import dataclass, field
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from konsilium.foundation import clock
from konsilium.foundation.errors import Invalid, Refused
from konsilium.foundation.localised import localised
from konsilium.people.actions import revoke_verification, verify_physician
from konsilium.people.forms import VerifyForm
from konsilium.people.models import Verification
from konsilium.people.queries import verifications_of, verified_until
from konsilium.people.roles import ROLE_TITLES, Role
from konsilium.programme.access import Organising, access_as_organiser, access_member
from konsilium.programme.actions import change_roles
from konsilium.programme.forms import RolesForm
from konsilium.programme.models import Attendance, Congress, Membership
from konsilium.programme.pages import MemberLine
from konsilium.programme.queries import memberships_of

MEMBERS_ON_A_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class MembersPage:
    congress: Congress
    congress_title: str
    members: list[MemberLine]
    page: Page[Membership]
    total: int
    text: str


@dataclass(frozen=True, kw_only=True)
class MemberPage:
    congress: Congress
    congress_title: str
    member: MemberLine
    oneself: bool
    verify_form: VerifyForm
    roles_form: RolesForm
    history: list[Verification] = field(default_factory=list)


@never_cache
@require_GET
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """Who takes part in the congress, and who of them is verified, by whom and until when."""
    organising = access_as_organiser(request.user, slug)
    text = request.GET.get("q", "").strip()[:100]
    found = memberships_of(organising.congress, text=text)
    page = Paginator(found, MEMBERS_ON_A_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    verified = verified_until([membership.user_id for membership in shown], clock.now())
    context = MembersPage(
        congress=organising.congress,
        congress_title=localised(organising.congress.title),
        members=[_line(membership, verified.get(membership.user_id)) for membership in shown],
        page=page,
        total=page.paginator.count,
        text=text,
    )
    return render(request, "programme/members.html", vars(context))


@never_cache
@require_http_methods(["GET", "POST"])
def member(request: HttpRequest, slug: str, membership_id: UUID) -> HttpResponse:
    """One member: verify, revoke, give roles."""
    organising = access_as_organiser(request.user, slug)
    membership = access_member(organising, membership_id)
    verify_form, roles_form = VerifyForm(), RolesForm(initial={"roles": membership.roles})
    status = 200
    if request.method == "POST":
        act = request.POST.get("act", "")
        form: Form | None = None
        if act == "verify":
            form = verify_form = VerifyForm(request.POST)
        elif act == "roles":
            form = roles_form = RolesForm(request.POST)
        if form is None or form.is_valid():
            try:
                messages.success(request, _act(act, organising, membership, verify_form, roles_form))
                return redirect("member", slug=slug, membership_id=membership_id)
            except Refused as refusal:
                (form or verify_form).add_error(None, str(refusal.message))
        status = 422
    verified = verified_until([membership.user_id], clock.now())
    context = MemberPage(
        congress=organising.congress,
        congress_title=localised(organising.congress.title),
        member=_line(membership, verified.get(membership.user_id)),
        oneself=membership.user_id == organising.organiser.pk,
        verify_form=verify_form,
        roles_form=roles_form,
        history=verifications_of(membership.user),
    )
    return render(request, "programme/member.html", vars(context), status=status)


def _act(
    act: str, organising: Organising, membership: Membership, verify_form: VerifyForm, roles_form: RolesForm
) -> str:
    """Do what was asked; what to say of it."""
    now, actor = clock.now(), organising.organiser
    if act == "verify":
        verify_physician(
            actor=actor,
            user=membership.user,
            valid_until=verify_form.until(),
            licence=verify_form.cleaned_data["licence"],
            country=membership.user.country,
            now=now,
        )
        return _("Verified. Operations are open to this physician from now on.")
    if act == "revoke":
        ended = revoke_verification(actor=actor, user=membership.user, now=now)
        return (
            _("The verification is revoked. Operations are closed to this person from now on.")
            if ended
            else _("There was no verification to revoke.")
        )
    if act == "roles":
        change_roles(actor=actor, membership=membership, roles=roles_form.chosen(), now=now)
        return _("The roles are saved.")
    raise Invalid(_("This form is not known here."))


def _line(membership: Membership, verification: Verification | None) -> MemberLine:
    user = membership.user
    return MemberLine(
        id=str(membership.pk),
        name=user.full_name or user.email,
        email=user.email,
        origin=", ".join(part for part in (user.affiliation, user.city) if part),
        roles=", ".join(str(ROLE_TITLES[Role(role)]) for role in membership.roles if role in set(Role)),
        attendance=str(Attendance(membership.attendance).label),
        verification=verification,
    )
