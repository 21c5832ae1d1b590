"""npm's packages of the players, one Chromium at a time."""

import asyncio
import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page as ChromiumPage
from playwright.async_api import async_playwright

from konsilium.config.bootstrap import ROOT
from konsilium.config.frontend import node_environment, npm_command
from konsilium.mediaplane.encoder.slate import prepare_slates
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.media.theatre import KEPT_SLATES
from tests.players.showing import RECORDED_S, showing

HERE = Path(__file__).parent
#: Outside the source folders, and kept between runs.
INSTALLED = ROOT / ".konsilium" / "players"


@pytest.fixture(scope="session")
def modules() -> Path:
    """`npm ci`, unless these very packages are there."""
    lock = (HERE / "package-lock.json").read_bytes()
    stamp, digest = INSTALLED / "node_modules" / ".stamp", hashlib.sha256(lock).hexdigest()
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with (INSTALLED / "lock").open("w", encoding="utf-8") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text(encoding="ascii") != digest:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, INSTALLED / name)
            subprocess.run(
                npm_command("ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"),
                cwd=INSTALLED,
                env=node_environment(),
                check=True,
                timeout=300,
            )
            stamp.write_text(digest, encoding="ascii")
    return INSTALLED / "node_modules"


@pytest.fixture(scope="session", autouse=True)
def _slates(tmp_path_factory: pytest.TempPathFactory) -> None:
    if not KEPT_SLATES:
        folder = tmp_path_factory.mktemp("slates")
        prepare_slates(folder)
        KEPT_SLATES.append(folder)


@pytest.fixture(scope="session")
def recorded(_slates: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a studio with ten seconds of the encoder; one recording does for all players."""
    folder = tmp_path_factory.mktemp("recorded")

    async def record() -> None:
        async with showing(folder) as shown:
            await shown.record(RECORDED_S)

    asyncio.run(record())
    return folder


class Chromium:
    """A page of Chromium as `watching.Page`."""

    def __init__(self, page: ChromiumPage) -> None:
        self.page = page

    async def open(self, address: str) -> None:
        await self.page.goto(address)

    async def ask(self, expression: str) -> object:
        return await self.page.evaluate(expression)


@pytest_asyncio.fixture
async def chromium() -> AsyncIterator[Chromium]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield Chromium(await browser.new_page())
        await browser.close()
