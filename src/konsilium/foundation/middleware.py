"""What every request passes through: its log line, the security policy, the reader's preferences, plain errors."""

import logging
import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation

from konsilium.foundation.errors import KonsiliumError, SignInNeeded

logger = logging.getLogger("konsilium.request")
GetResponse = Callable[[HttpRequest], HttpResponse]

#: Names of path arguments (ours and allauth's) whose values are as good as a password.
SECRET_ARGUMENTS = frozenset({"token", "key", "uidb36"})
TIME_ZONE_COOKIE = "konsilium_time_zone"
KNOWN_ZONES = frozenset(available_timezones())


class RequestLogMiddleware:
    """One line a request: method, path without its query (it may hold a secret), status, milliseconds."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        logger.info(
            "request",
            extra={
                "method": request.method,
                "path": path_without_secrets(request),
                "status": response.status_code,
                "ms": round((time.perf_counter() - started) * 1000, 1),
                "user": str(request.user.pk) if getattr(request, "user", None) and request.user.pk else None,
            },
        )
        return response


def path_without_secrets(request: HttpRequest) -> str:
    """The request's path; what signs somebody in or confirms an address is put out."""
    path = request.path
    for name, value in (request.resolver_match.kwargs if request.resolver_match else {}).items():
        if name in SECRET_ARGUMENTS:
            path = path.replace(str(value), "…")
    return path


class ContentSecurityPolicyMiddleware:
    """Scripts, styles, fonts and pictures come from this site alone; nothing inline runs."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        media = urlsplit(settings.OPTIONS.media_url)
        self.media = f" {media.scheme}://{media.netloc}" if media.netloc else ""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
            f"img-src 'self' data:; media-src 'self' blob:{self.media}; connect-src 'self'{self.media}; "
            "worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        )
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)")
        return response


class ReaderMiddleware:
    """The signed-in reader's language and time zone come before the browser's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(TIME_ZONE_COOKIE, "")
        if request.user.is_authenticated:
            chosen = request.user.time_zone or chosen
            if request.user.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
                translation.activate(request.user.language)
                request.LANGUAGE_CODE = translation.get_language()
        if chosen in KNOWN_ZONES:
            timezone.activate(ZoneInfo(chosen))
        else:
            timezone.deactivate()
        return self.get_response(request)


class ErrorMiddleware:
    """Turns the closed set of errors into JSON for programs and a page for people."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return error_response(request, error) if isinstance(error, KonsiliumError) else None


def error_response(request: HttpRequest, error: KonsiliumError) -> HttpResponse:
    """The error as JSON for a program, as a page for a reader, or as the way to sign in."""
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"code": error.code, "message": str(error.message)}, status=error.status)
    if isinstance(error, SignInNeeded):
        return redirect(f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': request.get_full_path()})}")
    template = f"{error.status}.html" if error.status in {400, 403, 404, 429} else "refused.html"
    return render(request, template, {"error": error}, status=error.status)
