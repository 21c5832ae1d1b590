"""The media plane on its own, for installations that run their parts apart."""

import argparse

from konsilium.config.startup import set_up

HELP = "run the media plane on its own"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="interface to listen on (setting: bind)")
    parser.add_argument("--port", type=int, help="port to listen on (setting: port)")


def run(chosen: argparse.Namespace) -> int:
    options = set_up()
    from konsilium.config.server import serve_studio  # after the settings are known

    serve_studio(host=chosen.host or options.bind, port=chosen.port or options.port)
    return 0
