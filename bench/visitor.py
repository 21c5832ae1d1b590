"""Somebody who signs in with a one-time link and holds a viewing grant, without a browser."""

import json
import re
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urljoin
from urllib.request import HTTPCookieProcessor, Request, build_opener

BOOTSTRAP = re.compile(r'<script id="bootstrap" type="application/json">(.*?)</script>', re.DOTALL)


class Visitor:
    """Raises urllib's errors."""

    def __init__(self, login: str) -> None:
        self._jar = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._jar))
        self.site = urljoin(login, "/")
        self.get(login)

    def get(self, address: str, timeout: float = 30) -> bytes:
        with self._opener.open(urljoin(self.site, address), timeout=timeout) as answer:
            return bytes(answer.read())

    def post(self, address: str, data: object = None, timeout: float = 30) -> Any:
        """JSON in, JSON out."""
        url = urljoin(self.site, address)
        request = Request(  # noqa: S310 - an address of our own server
            url,
            data=json.dumps(data or {}).encode(),
            headers={"X-CSRFToken": self.cookie("konsilium_csrf"), "Content-Type": "application/json",
                     "Referer": url, "Accept": "application/json"},
        )  # fmt: skip
        with self._opener.open(request, timeout=timeout) as answer:
            return json.loads(answer.read() or b"null")

    def cookie(self, name: str) -> str:
        """The value of a cookie; empty without one."""
        return next((cookie.value or "" for cookie in self._jar if cookie.name == name), "")

    def bootstrap(self, page: str) -> Any:
        """What a room page's script starts from."""
        found = BOOTSTRAP.search(self.get(page).decode())
        if found is None:
            raise RuntimeError(f"{page} has no bootstrap")
        return json.loads(found[1])
