"""How often somebody may write: a fixed window a minute, per person, or per address for those not signed in.

A congress hall sits behind one address, so the limit of an address is wide; guessing passwords is limited
separately, per account (`ACCOUNT_RATE_LIMITS`).
"""

import time
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from konsilium.foundation.errors import TooMany
from konsilium.foundation.middleware import error_response

WINDOW = 60
WRITES_PER_PERSON = 240
WRITES_PER_ADDRESS = 1200
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def address_of(request: HttpRequest) -> str:
    """The client's address: of X-Forwarded-For only what our own proxies wrote, for the rest anybody can forge."""
    direct = str(request.META.get("REMOTE_ADDR", ""))
    proxies = settings.OPTIONS.proxies
    if not proxies:
        return direct
    chain = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    return chain[-proxies] if len(chain) >= proxies else direct


def many_writes(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that programs write to by nature, as an upload in pieces; it is limited otherwise."""
    view.many_writes = True  # type: ignore[attr-defined]  # a mark on the function, as Django's own are
    return view


class WriteRateMiddleware:
    """Refuses writing that no person does by hand."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *_arguments: object
    ) -> HttpResponse | None:
        if request.method in READING or getattr(view, "many_writes", False):
            return None
        if request.user.is_authenticated:
            who, limit = f"person:{request.user.pk}", WRITES_PER_PERSON
        else:
            who, limit = f"address:{address_of(request)}", WRITES_PER_ADDRESS
        key = f"writes:{who}:{int(time.time() // WINDOW)}"
        cache.add(key, 0, timeout=2 * WINDOW)
        if cache.incr(key) > limit:
            return error_response(request, TooMany())
        return None
