"""Pages and answers that belong to no app: preferences, health, errors."""

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from konsilium.foundation.context import THEME_COOKIE, THEMES
from konsilium.foundation.middleware import KNOWN_ZONES, TIME_ZONE_COOKIE

ONE_YEAR = 31_536_000


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers and its database does; what a load balancer asks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the reader's language, theme or time zone in a cookie, and go back to where they were."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponseRedirect(target if safe else "/")
    wanted = {
        settings.LANGUAGE_COOKIE_NAME: (request.POST.get("language"), dict(settings.LANGUAGES)),
        THEME_COOKIE: (request.POST.get("theme"), THEMES),
        TIME_ZONE_COOKIE: (request.POST.get("time_zone"), KNOWN_ZONES),
    }
    for cookie, (value, allowed) in wanted.items():
        if value and value in allowed:
            response.set_cookie(cookie, value, max_age=ONE_YEAR, samesite="Lax", secure=settings.SECURE)
    if language := request.POST.get("language"):
        translation.activate(language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403.html", {"csrf": True}, status=403)
