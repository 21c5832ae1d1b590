"""Debian packages that only tests and benchmarks need."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from konsilium.config.terminal import CannotGoOn, say


@dataclass(frozen=True)
class Need:
    """A Debian package and a file by which it is known to be there."""

    package: str
    pattern: str

    def is_met(self) -> bool:
        root, *rest = self.pattern.lstrip("/").split("/")
        return any(Path("/", root).glob("/".join(rest)))


NEEDS = (
    Need("chromium", "/usr/bin/chromium"),
    Need("postgresql", "/usr/lib/postgresql/*/bin/postgres"),
    Need("nginx", "/usr/sbin/nginx"),
    Need("libnginx-mod-http-lua", "/usr/lib/nginx/modules/ngx_http_lua_module.so"),
    Need("fonts-noto-core", "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"),
    # Players that we did not write. Firefox decodes H.264 with what comes along with gstreamer1.0-libav, and stops
    # its sound where there is no sound card, so it gets one that nobody hears.
    Need("firefox-esr", "/usr/bin/firefox-esr"),
    Need("pulseaudio", "/usr/bin/pulseaudio"),
    Need("gstreamer1.0-tools", "/usr/bin/gst-launch-1.0"),
    Need("gstreamer1.0-plugins-base", "/usr/lib/*/gstreamer-1.0/libgstvideoconvertscale.so"),
    Need("gstreamer1.0-plugins-good", "/usr/lib/*/gstreamer-1.0/libgstadaptivedemux2.so"),
    Need("gstreamer1.0-plugins-bad", "/usr/lib/*/gstreamer-1.0/libgstvideoparsersbad.so"),
    Need("gstreamer1.0-libav", "/usr/lib/*/gstreamer-1.0/libgstlibav.so"),
    Need("gir1.2-gstreamer-1.0", "/usr/lib/*/girepository-1.0/Gst-1.0.typelib"),
    Need("python3-gi", "/usr/lib/python3/dist-packages/gi/__init__.py"),
)


def install(needs: Sequence[Need] = NEEDS) -> None:
    """Install what is missing, as root or by sudo without a password; else say what to install."""
    missing = [need.package for need in needs if not need.is_met()]
    if not missing:
        return
    by_hand = f"sudo apt-get install {' '.join(missing)}"
    if shutil.which("apt-get") is None:
        raise CannotGoOn(f"Programs are missing here; on Debian: {by_hand}")
    prefix = _privilege()
    if prefix is None:
        raise CannotGoOn(f"Programs are missing here, and only root may install them: {by_hand}")
    say(f"  Installing: {', '.join(missing)} …")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing],
    ):
        done = subprocess.run(
            [*prefix, *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        # An outdated list often still serves, so only the installation itself has to succeed.
        if done.returncode and "install" in command:
            tail = "\n".join(f"    {line}" for line in done.stdout.strip().splitlines()[-10:])
            raise CannotGoOn(f"Debian's packages could not be installed. Try by hand: {by_hand}\n{tail}")


def _privilege() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None
