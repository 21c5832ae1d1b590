"""Pages of an account. Each page's context is a dataclass."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from konsilium.foundation import clock
from konsilium.foundation.errors import Missing, Refused
from konsilium.foundation.middleware import TIME_ZONE_COOKIE
from konsilium.foundation.views import ONE_YEAR
from konsilium.people.access import access_account
from konsilium.people.actions import change_profile, redeem_login_link
from konsilium.people.decisions import LinkVerdict
from konsilium.people.forms import SettingsForm
from konsilium.people.models import Verification
from konsilium.people.queries import current_verification
from konsilium.people.registry import landing_of

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass(frozen=True, kw_only=True)
class SettingsPage:
    form: SettingsForm
    verification: Verification | None


@never_cache
@require_http_methods(["GET", "POST"])
def account_settings(request: HttpRequest) -> HttpResponse:
    user = access_account(request.user)
    form = SettingsForm(request.POST) if request.method == "POST" else SettingsForm.of(user)
    if request.method == "POST" and form.is_valid():
        user = change_profile(actor=user, profile=form.profile())
        with translation.override(user.language):
            messages.success(request, _("Your settings are saved."))
        response = redirect("account_settings")
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            user.language,
            max_age=ONE_YEAR,
            samesite="Lax",
            secure=settings.SECURE,
        )
        response.delete_cookie(TIME_ZONE_COOKIE)
        return response
    page = SettingsPage(form=form, verification=current_verification(user, clock.now()))
    return render(request, "people/settings.html", vars(page), status=422 if form.errors else 200)


@dataclass(frozen=True, kw_only=True)
class VerificationPage:
    verification: Verification | None
    signed_in: bool


@require_GET
def verification(request: HttpRequest) -> HttpResponse:
    """Why operations are open to verified physicians only, where the reader stands, and what to do."""
    known = current_verification(request.user, clock.now())
    page = VerificationPage(verification=known, signed_in=request.user.is_authenticated)
    return render(request, "people/verification.html", vars(page))


@never_cache
@require_GET
def login_link(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in by a one-time link of the demo. A real installation has none."""
    if not settings.OPTIONS.demo:
        raise Missing
    redeemed = redeem_login_link(token=token, now=clock.now())
    if redeemed.verdict is LinkVerdict.GOOD:
        login(request, redeemed.user, backend=BACKEND)
        return redirect(landing_of(redeemed.user, clock.now()))
    if request.user == redeemed.user:
        return redirect(landing_of(redeemed.user, clock.now()))
    if redeemed.verdict is LinkVerdict.USED and "again" not in request.GET:
        # A double click sends the second request before the first has brought its cookie: ask once more with it.
        return redirect(f"{request.path}?again=1")
    raise Refused(_("This link has been used or is too old. Start the demo again for new ones."))
