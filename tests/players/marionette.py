"""Firefox as Debian ships it, without a window, spoken to over its own protocol: lengths and JSON over TCP.

https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

import asyncio
import contextlib
import itertools
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

FIREFOX = "/usr/bin/firefox-esr"
PATIENCE_S = 60.0
#: A page may play with sound at once, and nothing is fetched from Mozilla.
SETTINGS: dict[str, int | bool | str] = {
    "marionette.port": 0,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.hardware-video-decoding.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


class Complaint(Exception):
    """What Firefox answered instead."""


class Firefox:
    """One tab; a `watching.Page`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)

    async def greet(self) -> None:
        await self._read()
        capabilities = {"alwaysMatch": {"timeouts": {"script": 30_000, "pageLoad": 60_000}}}
        await self.command("WebDriver:NewSession", capabilities=capabilities)

    async def command(self, name: str, **parameters: object) -> Any:
        number = next(self._numbers)
        message = json.dumps([0, number, name, parameters]).encode()
        self._writer.write(b"%d:%s" % (len(message), message))
        _, answered, error, result = await asyncio.wait_for(self._read(), PATIENCE_S)
        assert answered == number
        if error is not None:
            raise Complaint(f"{name}: {error['error']}: {error['message']}")
        return result

    async def _read(self) -> Any:
        length = await self._reader.readuntil(b":")
        return json.loads(await self._reader.readexactly(int(length[:-1])))

    async def open(self, address: str) -> None:
        await self.command("WebDriver:Navigate", url=address)

    async def ask(self, expression: str) -> Any:
        found = await self.command("WebDriver:ExecuteScript", script=f"return ({expression})", args=[])
        return found["value"]

    async def click(self, selector: str) -> None:
        await self.command("WebDriver:ElementClick", id=await self._element(selector))

    async def type(self, selector: str, text: str) -> None:
        await self.command("WebDriver:ElementSendKeys", id=await self._element(selector), text=text)

    async def _element(self, selector: str) -> str:
        found = await self.command("WebDriver:FindElement", using="css selector", value=selector)
        return str(next(iter(found["value"].values())))

    async def picture(self) -> str:
        """A screenshot as PNG in base64."""
        found = await self.command("WebDriver:TakeScreenshot", full=False)
        return str(found["value"])


@asynccontextmanager
async def firefox(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Firefox]:
    """`folder` takes its profile and its log; `environment` leads to the loudspeaker."""
    profile = folder / "firefox"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in SETTINGS.items()]
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    with (folder / "firefox.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(FIREFOX, "--headless", "--no-remote", "--marionette", "--profile", str(profile)),
            *("--width", "1280", "--height", "800"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **environment, "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
            start_new_session=True,
        )
    writer = None
    try:
        port = await _port(profile / "MarionetteActivePort", process)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        tab = Firefox(reader, writer)
        await tab.greet()
        yield tab
        with contextlib.suppress(Complaint, asyncio.IncompleteReadError, ConnectionError):
            await tab.command("Marionette:Quit", flags=["eForceQuit"])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 10)
    finally:
        if process.returncode is None:
            # Its helpers end when their parent does.
            process.kill()
            await process.wait()
        if writer is not None:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def _port(file: Path, process: asyncio.subprocess.Process) -> int:
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        with contextlib.suppress(OSError, ValueError):
            return int(await asyncio.to_thread(file.read_text, encoding="ascii"))
        assert process.returncode is None, "Firefox gave up; see its log"
        assert asyncio.get_running_loop().time() < deadline, "Firefox did not start"
        await asyncio.sleep(0.1)
