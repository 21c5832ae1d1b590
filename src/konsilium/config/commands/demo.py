"""A fresh machine to a running congress with an operation on air."""

import argparse
import fcntl
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from konsilium.config import frontend
from konsilium.config.bootstrap import ROOT, write_whole
from konsilium.config.demo import FEEDS
from konsilium.config.demo.waiting import Viewer, is_up
from konsilium.config.ports import Reservation, require_free
from konsilium.config.startup import migrate, set_up
from konsilium.config.supervisor import Program, Supervisor
from konsilium.config.terminal import CannotGoOn, Step, Steps, plain_system_errors, say

HELP = "start a demo: invented congresses, a simulated operation on air, a sign-in link for every role"

DEFAULT_PORT = 8000
SPACE_NEEDED = 500_000_000
#: A theatre of the demo has two feeds; each has a port, and 100 above it a second one for its stand-in.
FEED_PORTS, FIRST_FEED_PORT, PORT_STEP, BLOCKS = 4, 20000, 200, 50
SERVER_PATIENCE, PICTURE_PATIENCE = 60, 90


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the caller asked for, made whole."""

    host: str
    port: int
    data: Path
    ready_file: Path | None
    site: str
    address: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="interface to listen on; 0.0.0.0 lets others in")
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help=f"port of the site (default {DEFAULT_PORT})"
    )
    parser.add_argument(
        "--data", type=Path, default=ROOT / "var" / "demo", help="folder for everything it writes"
    )
    parser.add_argument("--ready-file", type=Path, help="written as JSON once the picture is on air")
    parser.add_argument(
        "--fresh", action="store_true", help="begin anew: forget what was asked and done before"
    )


def run(chosen: argparse.Namespace) -> int:
    supervisor = Supervisor(on_restart=_tell_restart)
    # Until the server runs, SIGTERM breaks off whatever is being done, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    choice = _choice(chosen)
    with (
        plain_system_errors("The demo cannot start", choice.data),
        _data_folder(choice, fresh=chosen.fresh) as reservation,
    ):
        require_free(choice.host, choice.port, "choose another port: ./konsilium demo --port 8080")
        try:
            return _Demo(choice, supervisor, reservation).run()
        finally:
            supervisor.stop()
            if choice.ready_file:
                choice.ready_file.unlink(missing_ok=True)


def _choice(chosen: argparse.Namespace) -> Choice:
    address = _own_address() if chosen.host in {"0.0.0.0", "::"} else chosen.host  # noqa: S104 - asked for
    ready_file = chosen.ready_file.resolve() if chosen.ready_file else None
    if ready_file:
        with plain_system_errors("The ready file cannot be written", ready_file.parent):
            ready_file.parent.mkdir(parents=True, exist_ok=True)
            ready_file.unlink(missing_ok=True)
    return Choice(
        host=chosen.host,
        port=chosen.port,
        data=chosen.data.resolve(),
        ready_file=ready_file,
        site=f"http://{address}:{chosen.port}",
        address=address,
    )


def _own_address() -> str:
    """The address under which others reach this machine; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


@contextmanager
def _data_folder(choice: Choice, *, fresh: bool) -> Iterator[Reservation]:
    """The folder, ours alone for as long as the demo runs."""
    mark = choice.data / "demo.json"
    if choice.data.exists() and any(choice.data.iterdir()) and not mark.exists():
        raise CannotGoOn(
            f"{choice.data} holds something else than a demo, and the demo does not touch it."
            " Choose another folder: ./konsilium demo --data FOLDER"
        )
    choice.data.mkdir(parents=True, exist_ok=True)
    # What is written here (questions, accounts, keys) is nobody else's business on a shared machine.
    choice.data.chmod(0o700)
    free = shutil.disk_usage(choice.data).free
    if free < SPACE_NEEDED:
        raise CannotGoOn(
            f"The disk of {choice.data} has {free / 1e6:.0f} MB left; the demo needs {SPACE_NEEDED / 1e6:.0f} MB."
            " Free some space, or choose a folder elsewhere: ./konsilium demo --data FOLDER"
        )
    with mark.open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotGoOn(
                f"A demo already runs on {choice.data}. Use it, stop it with Ctrl-C in its window,"
                " or start another one: ./konsilium demo --port 8080 --data FOLDER"
            ) from None
        if fresh:
            for entry in choice.data.iterdir():
                if entry != mark:
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            handle.truncate(0)
        handle.seek(0)
        reservation = Reservation()
        if not handle.read().strip():
            json.dump({"srt_port": _feed_ports(choice, reservation)}, handle)
            handle.flush()
        yield reservation
        reservation.close()


def _feed_ports(choice: Choice, reservation: Reservation) -> int:
    """The first of a block of free ports; each demo begins to look where its own web port points."""
    begin = (choice.port - DEFAULT_PORT) % BLOCKS
    for number in range(begin, begin + BLOCKS):
        start = FIRST_FEED_PORT + number % BLOCKS * PORT_STEP
        if reservation.take(choice.host, _with_stand_ins(range(start, start + FEED_PORTS))):
            return start
    last = FIRST_FEED_PORT + BLOCKS * PORT_STEP
    raise CannotGoOn(
        f"No free UDP ports for encoders were found between {FIRST_FEED_PORT} and {last}. Stop other programs first."
    )


def _with_stand_ins(ports: Iterable[int]) -> list[int]:
    return [number for port in ports for number in (port, port + 100)]


class _Demo:
    """One start, step by step."""

    def __init__(self, choice: Choice, supervisor: Supervisor, reservation: Reservation) -> None:
        self.reservation = reservation
        self.choice = choice
        self.supervisor = supervisor
        self.steps = Steps(8)
        self.log = choice.data / "logs" / "server.log"
        shared = ROOT / ".konsilium"
        self.scenes = shared if os.access(shared, os.W_OK) else choice.data

    def run(self) -> int:
        say("Konsilium demo")
        self._begin_scenes()
        self._build()
        self._prepare_database()
        return self._serve()

    def _begin_scenes(self) -> None:
        # Brings Pillow along, which no other command needs.
        from konsilium.config.demo.scenes import Drawing

        self.drawing = Drawing(self.scenes, list(FEEDS))

    def _finish_scenes(self, step: Step) -> None:
        # As above.
        from konsilium.mediaplane.simulation import SceneError

        try:
            self.drawing.finish(step.progress)
        except SceneError as error:
            raise CannotGoOn(str(error)) from error

    def _build(self) -> None:
        with self.steps.step("Front end") as step:
            step.note = "" if frontend.build() else "unchanged"
        with self.steps.step("Translations"):
            # Half a second of libraries; nothing is said on the screen before.
            from konsilium.config import i18n

            i18n.compile_catalogues()

    def _prepare_database(self) -> None:
        mark = json.loads((self.choice.data / "demo.json").read_text(encoding="utf-8"))
        settings = {
            "data": self.choice.data,
            "bind": self.choice.host,
            "port": self.choice.port,
            "url": self.choice.site,
            "srt_bind": self.choice.host,
            "srt_port": mark["srt_port"],
            "demo": "true",
            # A demo never touches the installation whose settings happen to lie in the environment.
            **dict.fromkeys(("database_url", "mail", "certificate", "private_key", "media_url"), ""),
            "studio": "inside",
            "proxies": 0,
            "debug": "false",
            "config": os.devnull,
        }
        with self.steps.step("Database"):
            set_up(**settings)
            migrate()
        from konsilium.config.demo import stage  # models need Django's settings
        from konsilium.foundation import clock

        now = clock.now()
        with self.steps.step("Demo congresses") as step:
            step.note = ", ".join(stage.load_congresses(now))
        with self.steps.step("Operation on air"):
            self.on_air = stage.put_on_air(now)
        self._require_feed_ports([feed.port for feed in self.on_air.feeds])

    def _require_feed_ports(self, ports: list[int]) -> None:
        """A first start has them already; a later one takes those that its theatre was given then."""
        self.reservation.close()
        if self.reservation.take(self.choice.host, _with_stand_ins(ports)):
            return
        for port in _with_stand_ins(ports):
            again = "start the demo afresh, it then takes other ports: ./konsilium demo --fresh"
            require_free(self.choice.host, port, again, socket.SOCK_DGRAM)

    def _serve(self) -> int:
        from konsilium.config.demo import stage  # as above
        from konsilium.foundation import clock

        with self.steps.step("Simulated theatre") as step:
            self._finish_scenes(step)
            stage.provide_film(self.on_air, self.scenes, clock.now())
        with self.steps.step("Server"):
            self.supervisor.catch_signals()
            python = [sys.executable, "-m"]
            self.reservation.release()
            self.supervisor.start(Program("server", [*python, "konsilium.config.cli", "web"], log=self.log))
            simulate = [*python, "konsilium.config.demo.simulate", str(self.choice.data), str(self.scenes)]
            self.supervisor.start(Program("simulated theatre", simulate, log=self.log))
            self._wait_for(lambda: is_up(self.choice.site), SERVER_PATIENCE, "The server does not answer")
        with self.steps.step("First picture"):
            from django.conf import settings  # as above

            viewer = Viewer(
                site=self.choice.site,
                channel=str(self.on_air.channel.pk),
                key=settings.MEDIA_GRANT_KEY,
            )
            self._wait_for(
                lambda: self._is_seen(viewer), PICTURE_PATIENCE, "No picture comes from the theatre"
            )
        if self.supervisor.stopping.is_set():
            return 0
        links = stage.sign_in_links(self.on_air, clock.now())
        ingest = stage.ingest_addresses(self.on_air, self.choice.address)
        live_room = f"{self.choice.site}/operations/{self.on_air.operation.pk}/live/"
        self._announce(links, live_room, ingest)
        if self.choice.ready_file:
            ready = {"url": self.choice.site, "logins": links, "live_room": live_room, "ingest": ingest}
            write_whole(self.choice.ready_file, json.dumps(ready, indent=2) + "\n")
        self.supervisor.wait()
        say("Stopping …")
        return 0

    def _is_seen(self, viewer: Viewer) -> bool:
        """Every feed has a signal, and a viewer gets the picture: the slate alone does not count."""
        from konsilium.broadcast.queries import studio_status  # models need Django's settings

        status = studio_status()
        if status is None:
            return False
        doors = [status.doors.get(feed.door) for feed in self.on_air.feeds]
        return all(door and door.signal == "live" for door in doors) and all(
            viewer.sees(feed.key) for feed in self.on_air.feeds
        )

    def _wait_for(self, condition: Callable[[], bool], patience: float, complaint: str) -> None:
        if self.supervisor.wait(condition, patience) or self.supervisor.stopping.is_set():
            return
        lines = (
            self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
            if self.log.exists()
            else []
        )
        tail = "\n".join(f"    {line}" for line in lines)
        raise CannotGoOn(f"{complaint} after {patience:.0f} seconds. Its log, {self.log}, ends with:\n{tail}")

    def _announce(self, links: dict[str, str], live_room: str, ingest: dict[str, dict[str, str]]) -> None:
        from konsilium.config.demo.stage import LINKS  # as above

        width = max(len(title) for title in LINKS.values())
        say(f"\nOn air after {self.steps.elapsed:.0f} s: {self.choice.site}")
        say("\nSign in with one click. Each link works once; the next start makes new ones.")
        for part, link in links.items():
            say(f"  {LINKS[part]:<{width}}  {link}")
        say(f"\n  {'Live room':<{width}}  {live_room}")
        say("\nAn encoder (OBS, ffmpeg, hardware) that sends here takes the feed over from the simulation:")
        for feed, addresses in ingest.items():
            say(f"  {feed:<{width}}  {addresses['srt']}")
        say(f"\nData and logs: {self.choice.data}\nStop with Ctrl-C.")


def _tell_restart(program: Program, status: int) -> None:
    how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
    say(f"  The {program.name} ended {how}; starting it again.")
