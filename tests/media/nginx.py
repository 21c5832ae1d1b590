"""Debian's nginx with the configuration from `deploy/nginx/`, on a free port and in a folder of its own."""

import getpass
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

DEPLOY = Path(__file__).resolve().parents[2] / "deploy/nginx"
MODULES = Path("/usr/lib/nginx/modules")

MAIN = """
load_module {modules}/ndk_http_module.so;
load_module {modules}/ngx_http_lua_module.so;
user {user};
daemon off;
master_process {master};
worker_processes {workers};
worker_rlimit_nofile {files};
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections {files}; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    {http}
    server {{
        listen 127.0.0.1:{port} backlog=8192;
        {server}
    }}
}}
"""


class Nginx:
    """Runs while the block does. `http` and `server` are what stands in these two blocks."""

    def __init__(
        self, folder: Path, *, http: str, server: str, workers: int = 1, files: int = 4096, logs: bool = True
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # Its worker may be another user than the one that made the folder.
        folder.chmod(0o755)
        self.folder = folder
        self.port = free_port()
        text = MAIN.format(
            folder=folder, port=self.port, http=http, server=server, workers=workers, files=files,
            modules=MODULES, user=getpass.getuser(), master="off" if workers == 1 else "on",
        )  # fmt: skip
        if not logs:
            text = text.replace(f"access_log {folder}/access.log;", "access_log off;")
        (folder / "nginx.conf").write_text(text)
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with (self.folder / "output.log").open("wb") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.close()
                    raise RuntimeError((self.folder / "output.log").read_text()) from None
                time.sleep(0.02)
            else:
                return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    @property
    def errors(self) -> str:
        return (self.folder / "error.log").read_text()


def edge(folder: Path, origin_port: int, *, rate: str = "100000r/s", **options: int | bool) -> Nginx:
    """The edge of `deploy/nginx/`; only places and, for load, limits differ from what is installed."""
    http = _installed(folder, origin_port).replace("rate=100r/s", f"rate={rate}")
    media = folder / "konsilium/media.conf"
    media.write_text(media.read_text().replace("burst=200 ", "burst=100000 "))
    return Nginx(folder, http=http, server="include konsilium/media.conf;", **options)  # type: ignore[arg-type]


def whole_server(folder: Path, origin_port: int, *, port: int, certificate: Path, private_key: Path) -> Nginx:
    """`deploy/nginx/server.conf` with everything it includes, and its limits; only places differ."""
    certificates = "/etc/letsencrypt/live/live.example.org"
    text = (DEPLOY / "server.conf").read_text()
    for line in ("    listen [::]:443 ssl http2;\n", "    listen [::]:80;\n"):
        assert line in text
        text = text.replace(line, "")
    text = (
        text.replace("listen 443 ", f"listen 127.0.0.1:{port} ")
        .replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
        .replace(f"{certificates}/fullchain.pem", str(certificate))
        .replace(f"{certificates}/privkey.pem", str(private_key))
    )
    return Nginx(folder, http=_installed(folder, origin_port) + text, server="return 404;", workers=2)


def _installed(folder: Path, origin_port: int) -> str:
    """As docs/edge.md has it installed; gives what belongs into the `http` block."""
    (folder / "konsilium").mkdir(parents=True)
    fill = free_port()
    for name in ("collapse.lua", "cached.conf", "media.conf"):
        (folder / "konsilium" / name).write_text((DEPLOY / name).read_text().replace("8009", str(fill)))
    return (
        (DEPLOY / "edge.conf")
        .read_text()
        .replace("/var/cache/nginx/konsilium", str(folder / "cache"))
        .replace("/etc/nginx/konsilium", str(folder / "konsilium"))
        .replace("127.0.0.1:8000", f"127.0.0.1:{origin_port}")
        .replace("127.0.0.1:8009", f"127.0.0.1:{fill}")
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clear(folder: Path) -> None:
    """What the edge has kept, gone."""
    shutil.rmtree(folder / "cache", ignore_errors=True)
