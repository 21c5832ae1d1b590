"""The real thing: one command that a service manager keeps running."""

import argparse
import signal
import sys
from pathlib import Path

from konsilium.config import frontend
from konsilium.config.options import Options
from konsilium.config.ports import require_free
from konsilium.config.startup import migrate, set_up
from konsilium.config.supervisor import Program, Supervisor
from konsilium.config.terminal import CannotGoOn, Steps, is_interactive, plain_system_errors, say

HELP = "run a real installation, settings from the environment or konsilium.toml"

ANSWERS_WITHIN = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--admin-email", metavar="EMAIL", help="make this person the first administrator")
    parser.add_argument(
        "--prepare", action="store_true", help="build, migrate and make the administrator, then end"
    )


def run(chosen: argparse.Namespace) -> int:
    options = set_up()
    if options.demo:
        raise CannotGoOn(
            "The setting demo is on: a real installation must not hand out sign-in links. Turn it off."
        )
    _check_certificate(options)
    supervisor = Supervisor(on_restart=_tell_restart)
    if not chosen.prepare:
        require_free(options.bind, options.port, "set another one: port in konsilium.toml, or KONSILIUM_PORT")
    with plain_system_errors("Konsilium cannot start", Path(options.data)):
        _prepare(chosen.admin_email)
        if chosen.prepare:
            return 0
        supervisor.catch_signals()
        program = Program("server", [sys.executable, "-m", "konsilium.config.cli", "web"])
        say(
            f"Konsilium runs at {options.url.partition(',')[0]} (listening on {options.bind}:{options.port})."
        )
        supervisor.start(program)
        try:
            supervisor.wait()
        finally:
            supervisor.stop()
    return 0


def _prepare(admin_email: str | None) -> None:
    steps = Steps(3)
    with steps.step("Front end") as step:
        step.note = "" if frontend.build() else "unchanged"
    with steps.step("Translations"):
        from konsilium.config import i18n  # half a second of libraries; nothing is said on the screen before

        i18n.compile_catalogues()
    with steps.step("Database"):
        migrate()
    _first_administrator(admin_email)


def _first_administrator(email: str | None) -> None:
    # Models can be imported only now that Django has its settings.
    from konsilium.people.models import User

    if not email and User.objects.filter(is_superuser=True, is_active=True).exists():
        return
    if not email and is_interactive():
        say("\nNobody administers this installation yet.")
        email = input("E-mail address of the first administrator (empty: later): ").strip()
    if not email:
        say(
            "Nobody administers this installation yet: ./konsilium up --prepare --admin-email you@hospital.example"
        )
        return
    # As above.
    from django.conf import settings
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    from konsilium.foundation import clock
    from konsilium.people.actions import make_administrator
    from konsilium.people.queries import password_path

    try:
        validate_email(email)
    except ValidationError:
        raise CannotGoOn(f"“{email}” is no e-mail address.") from None
    administrator = make_administrator(email=email, now=clock.now())
    say(
        f"\n{email} administers this installation. Choose a password here; the link works once, for three days:"
    )
    say(f"  {settings.SITE_URLS[0]}{password_path(administrator)}\n")


def _check_certificate(options: Options) -> None:
    for name in ("certificate", "private_key"):
        path = getattr(options, name)
        if not path:
            continue
        try:
            Path(path).open("rb").close()
        except OSError as error:
            raise CannotGoOn(
                f"The file of the setting {name}, {path}, cannot be read: {error.strerror}."
            ) from error
    if bool(options.certificate) != bool(options.private_key):
        raise CannotGoOn("TLS needs both settings, certificate and private_key.")
    if options.certificate and not options.url.startswith("https://"):
        raise CannotGoOn("A certificate is set, so the setting url must begin with https://.")


def _tell_restart(program: Program, status: int) -> None:
    how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
    say(f"The {program.name} ended {how}; starting it again.")
