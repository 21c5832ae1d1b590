"""A real S3 server on loopback: SeaweedFS, as its package from PyPI brings it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from konsilium.mediaplane.vault.store import S3Options, S3Store

ACCESS_KEY, SECRET_KEY = "konsilium-test", "not-a-secret-of-anybody"
BUCKET = "recordings"
READY_S = 30
PARTS = ("master", "volume", "filer", "s3")


def binary() -> str:
    return str(Path(sys.prefix) / "bin" / "weed")


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@dataclass
class Weed:
    folder: Path
    ports: list[int] = field(default_factory=lambda: free_ports(8))
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def options(self) -> S3Options:
        return S3Options(
            f"s3://{BUCKET}/hospital", f"http://127.0.0.1:{self.ports[6]}", ACCESS_KEY, SECRET_KEY
        )

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        identity = {
            "name": "konsilium",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        config = self.folder / "s3.json"
        config.write_text(json.dumps({"identities": [identity]}))
        names = [f"{part}.port{kind}" for part in PARTS for kind in ("", ".grpc")]
        ports = [f"-{name}={port}" for name, port in zip(names, self.ports, strict=True)]
        with (self.folder / "weed.log").open("ab") as log:
            self.process = self._started(config, ports, log)
        until = time.monotonic() + READY_S
        while not self._answers():
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError((self.folder / "weed.log").read_text()[-2000:])
            time.sleep(0.2)

    def _started(self, config: Path, ports: list[str], log: IO[bytes]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [
                *(binary(), "server", f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
                *("-filer", "-s3", f"-s3.config={config}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
                *("-master.volumeSizeLimitMB=64", "-volume.max=20", "-master.telemetry=false"),
                f"-filer.localSocket={self.folder}/filer.sock",
                *ports,
            ],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )

    @cached_property
    def _client(self) -> Any:
        return S3Store(self.options)._client

    def _answers(self) -> bool:
        client = self._client
        try:
            names = [one["Name"] for one in client.list_buckets()["Buckets"]]
            if BUCKET not in names:
                client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"yes")
        except Exception:
            # Whatever it is, it is not there yet.
            return False
        return True

    def stop(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None
