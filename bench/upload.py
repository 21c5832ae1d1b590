"""A large film: uploaded in pieces as the page does it, checked, copied into the vault, and shown; beside `cp`.

Memory (PSS) of the server is sampled meanwhile: a film of 20 GB must not cost more of it than one of a gigabyte.
"""

import argparse
import base64
import http.client
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.demo_server import DemoServer
from bench.soak import sample
from bench.visitor import Visitor
from konsilium.mediaplane.encoder.tools import ffmpeg_path

#: As the page sends them.
PIECE = 8 * 1024 * 1024
#: 20 GB are three hours of this.
KBPS = 15_000
SAMPLE_EVERY_S = 2.0


def make_film(folder: Path, size: int) -> Path:
    """A short clip over and over, H.264 and AAC that browsers play."""
    clip, film = folder / "clip.mp4", folder / "operation.mp4"
    ffmpeg = [ffmpeg_path(), "-nostdin", "-loglevel", "error"]
    picture = "testsrc2=s=1920x1080:r=30:d=20,noise=alls=20:allf=t"
    coding = [
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60", "-bf", "0"),
        *("-b:v", f"{KBPS}k", "-minrate", f"{KBPS}k", "-maxrate", f"{KBPS}k", "-bufsize", f"{KBPS}k"),
        *("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-shortest"),
    ]
    sound = ["-f", "lavfi", "-i", "sine=500:r=48000:d=20"]
    subprocess.run([*ffmpeg, "-f", "lavfi", "-i", picture, *sound, *coding, str(clip)], check=True)
    loop = ["-stream_loop", "-1", "-i", str(clip), "-c", "copy", "-fs", str(size - 50_000_000)]
    subprocess.run([*ffmpeg, *loop, str(film)], check=True)
    return film


class Watch:
    """The largest the server was so far, looked at every two seconds."""

    def __init__(self, demo: DemoServer) -> None:
        assert demo.process is not None
        self._process = demo.process.pid
        self._looked = 0.0
        self.most_mb = 0.0

    def look(self) -> float:
        if time.monotonic() - self._looked > SAMPLE_EVERY_S:
            self._looked = time.monotonic()
            self.most_mb = max(self.most_mb, sample(self._process, 0).server)
        return self.most_mb


class Uploader:
    """tus 1.0 over one connection."""

    def __init__(self, visitor: Visitor, tus_url: str) -> None:
        where = urlsplit(visitor.site)
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=120)
        self._tus_url = tus_url
        cookies = {"konsilium_csrf", "konsilium_session"}
        self._headers = {
            "Tus-Resumable": "1.0.0",
            "X-CSRFToken": visitor.cookie("konsilium_csrf"),
            "Cookie": "; ".join(f"{name}={visitor.cookie(name)}" for name in sorted(cookies)),
            "Referer": visitor.site,
            "Origin": visitor.site.rstrip("/"),
        }

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
        own = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, body=body, headers=self._headers | own)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {said[:300]!r}")
        return answer

    def send(self, film: Path, watch: Watch) -> None:
        title = base64.b64encode(b"Three hours").decode()
        name = base64.b64encode(film.name.encode()).decode()
        size = film.stat().st_size
        made = self.ask(
            "POST", self._tus_url, Upload_Length=str(size), Upload_Metadata=f"title {title},filename {name}"
        )
        place, offset = urlsplit(made.headers["Location"]).path, 0
        with film.open("rb") as file:
            while piece := file.read(PIECE):
                self.ask(
                    "PATCH", place, piece, Upload_Offset=str(offset),
                    Content_Type="application/offset+octet-stream",
                )  # fmt: skip
                offset += len(piece)
                watch.look()


def wait_until_kept(visitor: Visitor, list_url: str, watch: Watch) -> dict[str, Any]:
    while True:
        watch.look()
        lines = json.loads(visitor.get(list_url))["recordings"]
        line: dict[str, Any] = next(one for one in lines if one["title"] == "Three hours")
        if line["state"] in {"kept", "failed"}:
            return line
        time.sleep(0.5)


def peer(film: Path) -> float:
    """Seconds for a copy on the same disk, and its checksum."""
    copy = film.with_name("copy")
    began = time.monotonic()
    subprocess.run(["cp", str(film), str(copy)], check=True)
    subprocess.run(["sha256sum", str(copy)], check=True, stdout=subprocess.DEVNULL)
    spent = time.monotonic() - began
    copy.unlink()
    return spent


def measure(gigabytes: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="konsilium-upload-") as name:
        folder = Path(name)
        film = make_film(folder, int(gigabytes * 1e9))
        copying = peer(film)
        with DemoServer(folder / "demo") as demo:
            organiser = Visitor(demo.ready["logins"]["organiser"])
            page = organiser.bootstrap("/congresses/onko-week/recordings/")
            watch = Watch(demo)
            before = watch.look()
            began = time.monotonic()
            Uploader(organiser, page["uploads"]["tus_url"]).send(film, watch)
            sent = time.monotonic()
            line = wait_until_kept(organiser, page["uploads"]["list_url"], watch)
            kept = time.monotonic()
        return {
            "bytes": film.stat().st_size,
            "state": line["state"],
            "detail": line.get("detail"),
            "duration_s": line.get("duration_s"),
            "upload_s": sent - began,
            "conversion_s": kept - sent,
            "copy_and_checksum_s": copying,
            "server_mb_before": before,
            "server_mb_most": watch.most_mb,
        }


def run(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="konsilium bench upload", description=__doc__)
    parser.add_argument(
        "--gb", type=float, default=2.0, help="size of the film; three times as much is needed on the disk"
    )
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    found = measure(arguments.gb)
    if arguments.json:
        print(json.dumps(found))
    else:
        megabytes = found["bytes"] / 1e6
        print(f"a film of {megabytes:,.0f} MB: {found['state']} {found['detail'] or ''}")
        for what, key in (
            ("uploaded", "upload_s"),
            ("checked and copied", "conversion_s"),
            ("peer: cp and sha256sum", "copy_and_checksum_s"),
        ):
            print(f"  {what:24} {found[key]:8.1f} s {megabytes / found[key]:8.1f} MB/s")
        print(
            f"  server's memory before {found['server_mb_before']:.0f} MB, at most {found['server_mb_most']:.0f} MB"
        )
    return 0 if found["state"] == "kept" else 1
