"""The origin in its two shells."""

from collections.abc import AsyncIterator

import pytest

from tests.mediaplane.origin.http import Origin


@pytest.fixture(params=["application", "connection"])
async def origin(request: pytest.FixtureRequest) -> AsyncIterator[Origin]:
    """Every test twice: as an ASGI application, and over the server's connections that answer by themselves."""
    own = Origin()
    if request.param == "application":
        yield own
        return
    async with own.served():
        yield own
