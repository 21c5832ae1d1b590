"""What `konsilium doctor` looks at. Each check answers with findings and never raises."""

import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from konsilium.config import bootstrap, frontend
from konsilium.config.demo.waiting import is_up
from konsilium.config.options import Options
from konsilium.config.ports import holder, is_free
from konsilium.config.startup import unapplied_migrations

Level = Literal["ok", "warn", "fail"]

LOW_SPACE, TOO_LITTLE_SPACE = 10_000_000_000, 1_000_000_000
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Finding:
    """One line of the report; `advice` says what to do unless all is well."""

    subject: str
    level: Level
    text: str
    advice: str = ""


Check = Callable[[Options], Iterator[Finding]]


def check_python(_options: Options) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", "ok", version)
    kind = getattr(bootstrap.read_stamp(bootstrap.ROOT / ".venv"), "kind", "main")
    if bootstrap.is_ready(bootstrap.ROOT / ".venv", kind):
        yield Finding("Packages", "ok", "as locked")
    else:
        yield Finding(
            "Packages", "warn", "not as the lock file says", "Start with ./konsilium; it installs them."
        )


def check_ffmpeg(_options: Options) -> Iterator[Finding]:
    import imageio_ffmpeg  # looks for its program when imported

    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
        command = [program, "-hide_banner", "-protocols"]
        listed = subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=True
        ).stdout.split()
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        yield Finding("ffmpeg", "fail", f"does not run ({error})", "Delete the folder .venv and start again.")
        return
    if "srt" in listed:
        yield Finding("ffmpeg", "ok", f"with SRT, {program}")
    else:
        yield Finding(
            "ffmpeg", "fail", f"{program} knows no SRT", "Unset IMAGEIO_FFMPEG_EXE, or name one with SRT."
        )


def check_disk(options: Options) -> Iterator[Finding]:
    data = Path(options.data).resolve()
    free = shutil.disk_usage(data).free
    text = f"{free / 1e9:.1f} GB free for {data}"
    if free < TOO_LITTLE_SPACE:
        yield Finding(
            "Disk", "fail", text, "Free some space now: a full disk stops questions and recordings."
        )
    elif free < LOW_SPACE:
        yield Finding("Disk", "warn", text, "Free some space before the next broadcast.")
    else:
        yield Finding("Disk", "ok", text)
    if not os.access(data, os.W_OK):
        yield Finding(
            "Data folder", "fail", f"{data} cannot be written", "Give it to the user who runs Konsilium."
        )


def check_ports(options: Options) -> Iterator[Finding]:
    if is_free(options.bind, options.port):
        yield Finding("Web port", "ok", f"{options.bind}:{options.port} is free; Konsilium does not run")
        running = False
    else:
        scheme_known = not options.certificate
        running = scheme_known and is_up(f"http://{_reachable(options.bind)}:{options.port}")
        if running:
            yield Finding("Web port", "ok", f"Konsilium answers on {options.bind}:{options.port}")
        else:
            who = holder(options.port)
            yield Finding(
                "Web port",
                "ok" if options.certificate else "fail",
                f"{options.bind}:{options.port} is held by {who}",
                "" if options.certificate else "Stop that, or set another port.",
            )
    # Models can be imported only after Django's set-up, which the command has done.
    from konsilium.broadcast.models import Feed

    busy = [
        port
        for port in Feed.objects.values_list("port", flat=True)
        if not running and not is_free(options.srt_bind, port, socket.SOCK_DGRAM)
    ]
    if busy and not options.certificate:
        names = ", ".join(f"{port} ({holder(port, socket.SOCK_DGRAM)})" for port in busy)
        yield Finding(
            "Encoder ports", "fail", f"held by others: {names}", "Stop those, or set another srt_port."
        )
    else:
        yield Finding("Encoder ports", "ok", f"from {options.srt_port} upwards on {options.srt_bind}")


def _reachable(bind: str) -> str:
    return "127.0.0.1" if bind in {"0.0.0.0", "::"} else bind  # noqa: S104 - compared, not bound


def check_database(_options: Options) -> Iterator[Finding]:
    missing = unapplied_migrations()
    # Django has its settings by now.
    from django.db import connection

    if missing:
        yield Finding(
            "Database", "warn", f"{missing} changes behind this version", "Run ./konsilium up --prepare."
        )
    else:
        yield Finding("Database", "ok", f"{connection.display_name}, up to date")


def check_audit(_options: Options) -> Iterator[Finding]:
    # Models can be imported only after Django's set-up.
    from konsilium.foundation.models import AuditEntry
    from konsilium.foundation.queries import first_broken_audit_line

    broken = first_broken_audit_line()
    if broken is None:
        yield Finding("Audit trail", "ok", f"whole, {AuditEntry.objects.count()} lines")
    else:
        yield Finding(
            "Audit trail",
            "fail",
            f"changed or cut at line {broken}",
            "Compare with a backup; somebody has written to the database past Konsilium.",
        )


def check_secrets(options: Options) -> Iterator[Finding]:
    folder = Path(options.data).resolve() / "secrets"
    if not folder.exists():
        yield Finding("Secrets", "ok", "not made yet")
        return
    open_to_others = [
        path for path in [folder, *folder.iterdir()] if path.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if open_to_others:
        names = ", ".join(str(path) for path in open_to_others)
        yield Finding("Secrets", "fail", f"others may read {names}", f"chmod -R go= {folder}")
    else:
        yield Finding("Secrets", "ok", "readable by their owner only")


def check_clock(_options: Options) -> Iterator[Finding]:
    # Models can be imported only after Django's set-up.
    from konsilium.foundation.models import AuditEntry

    now = datetime.now(UTC)
    last = AuditEntry.objects.order_by("-number").values_list("at", flat=True).first()
    built = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
    newest = max(filter(None, (last, built)))
    if now < newest - timedelta(minutes=1):
        text = f"says {now:%Y-%m-%d %H:%M} UTC, earlier than things already done at {newest:%Y-%m-%d %H:%M}"
        yield Finding("Clock", "fail", text, "Set the clock: timedatectl set-ntp true")
        return
    synchronised = _ntp()
    if synchronised is False:
        advice = "Turn it on: timedatectl set-ntp true. Start times and media times come from this clock."
        yield Finding("Clock", "warn", "not kept by the network's time", advice)
    else:
        yield Finding("Clock", "ok", "kept by the network's time" if synchronised else "plausible")


def _ntp() -> bool | None:
    if shutil.which("timedatectl") is None:
        return None
    command = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    return {"yes": True, "no": False}.get(done.stdout.strip())


def check_translations(_options: Options) -> Iterator[Finding]:
    from konsilium.config import i18n  # half a second of libraries that no other command should pay

    faults = i18n.faults()
    uncompiled = i18n.uncompiled()
    if faults:
        text = f"{len(faults)} faults, first: {faults[0]}"
        yield Finding("Translations", "warn", text, "./konsilium translations check lists them.")
    elif uncompiled:
        yield Finding("Translations", "warn", "not compiled", "Run ./konsilium translations compile.")
    else:
        yield Finding("Translations", "ok", f"complete in {', '.join(i18n.LANGUAGES)} and English")


def check_front_end(_options: Options) -> Iterator[Finding]:
    if frontend.is_built():
        yield Finding("Front end", "ok", "built")
    elif (frontend.DIST / "manifest.json").exists():
        yield Finding("Front end", "warn", "older than its sources", "Run ./konsilium up --prepare.")
    else:
        yield Finding("Front end", "fail", "not built", "Run ./konsilium up --prepare.")


def check_settings(options: Options) -> Iterator[Finding]:
    host = options.url.partition("://")[2].partition("/")[0].partition(":")[0]
    if options.debug or options.demo:
        which = " and ".join(name for name in ("debug", "demo") if getattr(options, name))
        yield Finding("Settings", "warn", f"{which} is on", "Turn it off before anybody real signs in.")
    if options.url.startswith("http://") and host not in LOOPBACK:
        yield Finding(
            "TLS",
            "fail",
            f"{options.url} is open to eavesdroppers",
            "Set up HTTPS: see docs/administrator.md.",
        )
    else:
        yield Finding("TLS", "ok", "not needed on this machine alone" if host in LOOPBACK else options.url)
    if options.mail:
        yield Finding("E-mail", "ok", f"sent as {options.mail_from}")
    else:
        folder = Path(options.data).resolve() / "mail"
        yield Finding(
            "E-mail", "warn", f"only written to {folder}", "Set mail, or nobody can confirm an address."
        )


CHECKS: tuple[tuple[str, Check], ...] = (
    ("Python", check_python),
    ("ffmpeg", check_ffmpeg),
    ("Disk", check_disk),
    ("Secrets", check_secrets),
    ("Settings", check_settings),
    ("Database", check_database),
    ("Audit trail", check_audit),
    ("Clock", check_clock),
    ("Ports", check_ports),
    ("Translations", check_translations),
    ("Front end", check_front_end),
)


def examine(options: Options) -> Iterator[Finding]:
    for subject, check in CHECKS:
        try:
            yield from check(options)
        except Exception as error:  # whatever is broken, the other checks still say what they see
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            yield Finding(subject, "fail", f"could not be checked: {first}", "See the findings above.")
