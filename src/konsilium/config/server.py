"""The web server: uvicorn, whose connections also lend their transport to the live tail.

One event goes to 1,500 browsers: an ASGI send costs about 30 µs a delivery, a write of ready bytes to the
connection about 12 µs (`./konsilium bench fanout` shows both).
"""

import socket
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT = "konsilium.transport"


class LendingProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol; the scope's extensions name the connection's transport."""

    def on_headers_complete(self) -> None:
        self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]  # uvicorn types it as data only
        super().on_headers_complete()


class TailEndingServer(uvicorn.Server):
    """uvicorn, which first lets go of whoever follows a room: they would not end by themselves."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        from konsilium.rooms.stream import end_tails  # reason: models are loaded with the application

        end_tails()
        await super().shutdown(sockets)


def serve(
    *,
    host: str,
    port: int,
    application: str = "konsilium.config.asgi:application",
    certificate: Path | None = None,
    private_key: Path | None = None,
    has_rooms: bool = True,
) -> None:
    """Serve the application until SIGTERM; open tails end at once, requests under way are finished."""
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        http=LendingProtocol,
        ws="none",
        loop="uvloop",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
        backlog=4096,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
    )
    server = TailEndingServer if has_rooms else uvicorn.Server
    server(config).run()
