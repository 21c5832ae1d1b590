"""Debian's nginx with the configuration from `deploy/nginx/`, on a free port and in a folder of its own."""

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
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        text = MAIN.format(
            folder=folder, port=self.port, http=http, server=server, workers=workers, files=files,
            modules=MODULES, master="off" if workers == 1 else "on",
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
    (folder / "konsilium").mkdir(parents=True)
    for name in ("collapse.lua", "cached.conf", "media.conf"):
        text = (DEPLOY / name).read_text().replace("burst=200 ", "burst=100000 ")
        (folder / "konsilium" / name).write_text(text)
    http = (
        (DEPLOY / "edge.conf")
        .read_text()
        .replace("/var/cache/nginx/konsilium", str(folder / "cache"))
        .replace("/etc/nginx/konsilium", str(folder / "konsilium"))
        .replace("127.0.0.1:8000", f"127.0.0.1:{origin_port}")
        .replace("rate=100r/s", f"rate={rate}")
    )
    return Nginx(folder, http=http, server="include konsilium/media.conf;", **options)  # type: ignore[arg-type]


def clear(folder: Path) -> None:
    """What the edge has kept, gone."""
    shutil.rmtree(folder / "cache", ignore_errors=True)
