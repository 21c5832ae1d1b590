"""The web server: pages, rooms and, on one server, the media plane."""

import argparse
from pathlib import Path

from konsilium.config.startup import set_up

HELP = "run the web server alone: pages, rooms and, if it lives inside, the media plane"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="interface to listen on (setting: bind)")
    parser.add_argument("--port", type=int, help="port to listen on (setting: port)")


def run(chosen: argparse.Namespace) -> int:
    options = set_up()
    from konsilium.config.server import serve  # after the settings are known

    serve(
        host=chosen.host or options.bind,
        port=chosen.port or options.port,
        certificate=Path(options.certificate) if options.certificate else None,
        private_key=Path(options.private_key) if options.private_key else None,
    )
    return 0
