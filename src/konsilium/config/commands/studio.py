"""The media plane on its own, for installations that run their parts apart."""

import argparse

from konsilium.config.options import read_options
from konsilium.config.server import serve

HELP = "run the media plane on its own"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="interface to listen on (setting: bind)")
    parser.add_argument("--port", type=int, help="port to listen on (setting: port)")


def run(chosen: argparse.Namespace) -> int:
    options = read_options()
    serve(
        host=chosen.host or options.bind,
        port=chosen.port or options.port,
        application="konsilium.config.studio:application",
        has_rooms=False,
    )
    return 0
