"""Every setting, in one table: its name, default and meaning.

A value comes from the environment (`KONSILIUM_` + the name in capitals), else from `konsilium.toml` in the
working folder or at `KONSILIUM_CONFIG`, else from the default. `docs/settings.md` is generated from this table.
"""

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

PREFIX = "KONSILIUM_"


class WrongOption(Exception):
    """A setting's value cannot be used; the text says which and why."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The settings as frozen values; the comment above a field is its documentation."""

    # Folder that holds everything this installation writes: database, secrets, media, logs.
    data: str = "var"
    # Address of the database; empty means SQLite in the data folder. Example: postgresql://user:password@host/name
    database_url: str = ""
    # Addresses under which people reach the site, separated by commas; the first one is used in e-mails.
    url: str = "http://127.0.0.1:8000"
    # Interface and port the web server listens on.
    bind: str = "127.0.0.1"
    port: int = 8000
    # Files of the TLS certificate (with its chain) and its private key, in PEM; empty when a proxy in front does TLS.
    certificate: str = ""
    private_key: str = ""
    # "inside" runs the media plane in the web process (one server), "outside" leaves it to `konsilium studio`.
    studio: str = "inside"
    # Where browsers find the media plane; empty means the site itself (/media/).
    media_url: str = ""
    # Interface on which encoders are awaited (SRT).
    srt_bind: str = "127.0.0.1"
    # First SRT port; each feed has its own port from here upwards.
    srt_port: int = 20000
    # Seconds between the theatre and its audience with which a new broadcast begins, 0 to 60; the director changes it.
    delay_s: int = 0
    # How far back viewers can go while a broadcast runs, in seconds (24 to 7200).
    window_s: int = 1800
    # Seconds after which a broadcast's key is another one (5 to 60): so long a person whose rights were taken sees it.
    rotation_s: int = 30
    # A lower quality beside the copied one: "off", "on", or "auto" where the machine has power to spare.
    ladder: str = "off"
    # Height in pixels and kbit/s of the lower quality.
    ladder_height: int = 360
    ladder_kbps: int = 600
    # Where recordings are kept: empty for the data folder, or s3://bucket/prefix for an S3 server.
    recordings_store: str = ""
    # GB free on their disk below which the director is warned; below a tenth of it nothing more is recorded.
    recordings_free_gb: int = 10
    # Address of the S3 server, as https://s3.example.org; empty for that of Amazon.
    s3_endpoint: str = ""
    # Name and secret with which the S3 server is used.
    s3_access_key: str = ""
    s3_secret_key: str = ""
    # Largest film that can be uploaded, in GB.
    uploads_gb: int = 20
    # Days after which a film that could not be converted is thrown away (1 to 365).
    failed_films_days: int = 14
    # Turns on the demo: one-time sign-in links and a simulated theatre. Never on a real installation.
    demo: bool = False
    # Shows Django's debugging pages. Never on a real installation.
    debug: bool = False
    # Number of trusted reverse proxies in front that set X-Forwarded-For and X-Forwarded-Proto.
    proxies: int = 0
    # SMTP server for e-mail, as smtp://user:password@host:port (smtps:// for TLS); empty: mail goes to the data folder.
    mail: str = ""
    # Sender of e-mail.
    mail_from: str = "konsilium@localhost"
    # Language of visitors whose browser asks for none of ours.
    language: str = "ru"
    # Time zone of pages that belong to no congress, and of visitors who have not chosen theirs.
    time_zone: str = "Asia/Almaty"
    # Lowest severity that is logged: debug, info, warning or error.
    log_level: str = "info"


def read_options(environment: dict[str, str] | None = None) -> Options:
    """Read every option once. Raises `WrongOption` naming the option, where it came from and what is expected."""
    environment = dict(os.environ) if environment is None else environment
    path = Path(environment.get(PREFIX + "CONFIG", "konsilium.toml"))
    written: dict[str, object] = {}
    if path.is_file():
        try:
            written = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise WrongOption(f"{path} is not valid TOML: {error}") from error
    known = {field.name: field for field in fields(Options)}
    if unknown := sorted(set(written) - set(known)):
        raise WrongOption(f"{path} names settings that do not exist: {', '.join(unknown)}")
    values: dict[str, object] = {}
    for name, field in known.items():
        kind = type(field.default)
        if PREFIX + name.upper() in environment:
            values[name] = _parsed(environment[PREFIX + name.upper()], kind, PREFIX + name.upper())
        elif name in written:
            values[name] = _parsed(str(written[name]), kind, f"{name} in {path}")
    options = Options(**values)  # type: ignore[arg-type]
    _check(options)
    return options


RANGES = {
    "delay_s": (0, 60),
    "window_s": (24, 7200),
    "rotation_s": (5, 60),
    "ladder_height": (144, 720),
    "ladder_kbps": (100, 3000),
    "recordings_free_gb": (1, 100_000),
    "uploads_gb": (1, 1000),
    "failed_films_days": (1, 365),
}
CHOICES = {"ladder": ("off", "auto", "on")}


def _check(options: Options) -> None:
    for name, (lowest, highest) in RANGES.items():
        value = getattr(options, name)
        if not lowest <= value <= highest:
            raise WrongOption(f"{name} must lie between {lowest} and {highest}, not be {value}.")
    for name, words in CHOICES.items():
        if getattr(options, name) not in words:
            raise WrongOption(f"{name} must be one of {', '.join(words)}, not “{getattr(options, name)}”.")


def _parsed(text: str, kind: type, source: str) -> object:
    if kind is bool:
        if text.lower() in {"1", "true", "yes", "on"}:
            return True
        if text.lower() in {"", "0", "false", "no", "off"}:
            return False
        raise WrongOption(f"{source} must be true or false, not “{text}”.")
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise WrongOption(f"{source} must be a whole number, not “{text}”.") from None
    return text
