"""The peer: nginx hands out files of the same sizes from memory, asked at the moments at which parts appear.

It never has to hold a request, look at a grant or make a playlist: the least that any server could do here.
"""

import tempfile
from pathlib import Path

from bench._origin_processes import cpu_seconds, pin
from bench._origin_viewers import CHANNEL, RENDITIONS, Figures, Viewers
from tests.media.nginx import Nginx

HTTP = """
    open_file_cache max=64;
    open_file_cache_valid 600s;
    sendfile on;
    tcp_nodelay on;
"""


def measure_nginx(
    viewers: int, sizes: dict[str, tuple[int, int]], seconds: float, core: int
) -> tuple[Figures, float]:
    """`sizes`: of each rendition's playlist and part. Figures, and the processor's seconds."""
    with tempfile.TemporaryDirectory(prefix="konsilium-peer-", dir="/dev/shm") as memory:
        root = Path(memory)
        root.chmod(0o755)
        for name, playlist, _ in RENDITIONS:
            folder = root / "media" / CHANNEL / name.decode()
            folder.mkdir(parents=True)
            small, large = sizes[name.decode()]
            (folder / playlist.decode()).write_bytes(bytes(small))
            (folder / "part.m4s").write_bytes(bytes(large))
        server = f"root {root};"
        with Nginx(root / "nginx", http=HTTP, server=server, files=20_000, logs=False) as nginx:
            assert nginx.process is not None
            pin(nginx.process.pid, core)
            crowd = Viewers(nginx.port, [""] * viewers, 0.5, paced=True)
            try:
                crowd.grow(viewers, 500.0)
                crowd.begin(1.0)
                crowd.figures()
                before = cpu_seconds(nginx.process.pid)
                crowd.begin(seconds)
                figures = crowd.figures()
                return figures, cpu_seconds(nginx.process.pid) - before
            finally:
                crowd.close()
