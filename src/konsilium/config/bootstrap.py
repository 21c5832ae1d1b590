"""Makes the environment in `.venv` on first use, then becomes Konsilium's command line.

Run as a file by `./konsilium` with a bare Python, so it may import the standard library only.
"""

import fcntl
import getpass
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[3]
DEVELOPER_COMMANDS = frozenset({"test", "check", "bench"})
LOCKS = {"main": "requirements.lock", "dev": "requirements-dev.lock"}
TOOLS_LOCK = "requirements-tools.lock"
#: Environment, front-end modules and downloads under way, in bytes; measured, with a margin.
SPACE_NEEDED = {"main": 1_500_000_000, "dev": 2_500_000_000}

# What the tools print, and what it means for the person in front of the screen.
CAUSES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("No space left on device", "Disk quota exceeded"),
        "The disk is full. Free some space and start again; what was downloaded so far is kept.",
    ),
    (
        (
            "CERTIFICATE_VERIFY_FAILED",
            "invalid peer certificate",
            "UnknownIssuer",
            "SSLCertVerificationError",
        ),
        (
            "The package server's certificate is not trusted here. Behind a proxy that opens encrypted traffic, name"
            " its certificate: export SSL_CERT_FILE=/path/to/certificates.pem"
        ),
    ),
    (
        ("407 Proxy Authentication", "Tunnel connection failed"),
        "The network's proxy refused the connection. Set HTTPS_PROXY=http://user:password@proxy:port and start again.",
    ),
    (
        ("hash mismatch", "Hash mismatch", "DO NOT MATCH THE HASHES"),
        (
            "A downloaded package is not the one Konsilium was tested with, so it was not installed. Try again; if it"
            " stays so, tell whoever runs your package mirror."
        ),
    ),
    (
        (
            "Temporary failure in name resolution",
            "Name or service not known",
            "dns error",
            "failed to lookup address",
            "Network is unreachable",
            "Connection refused",
            "No route to host",
            "timed out",
            "error sending request",
            "NewConnectionError",
            "Could not connect",
            "Could not find a version",
            "No matching distribution",
        ),
        (
            "The Python packages cannot be downloaded: there is no way from here to the package server."
            " Check the network, or name a mirror: pip config set global.index-url https://your-mirror/simple"
        ),
    ),
    (
        ("Permission denied", "Read-only file system", "Operation not permitted"),
        "A file could not be written. Check that the Konsilium folder belongs to the user who starts it.",
    ),
)


class CannotGoOn(Exception):
    """The text says what is wrong and what to do, in plain words."""


@dataclass(frozen=True)
class Stamp:
    """What the environment was made from; another value means it has to be made again."""

    kind: str
    lock: str
    root: str


def wanted_stamp(kind: str) -> Stamp:
    digest = hashlib.sha256((ROOT / LOCKS[kind]).read_bytes()).hexdigest()
    return Stamp(kind=kind, lock=digest, root=str(ROOT))


def read_stamp(venv: Path) -> Stamp | None:
    try:
        return Stamp(**json.loads((venv / "konsilium.stamp").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def kind_needed(command: str | None, found: Stamp | None) -> str:
    """A developer's environment holds everything the other one does, so it is never taken back."""
    return "dev" if command in DEVELOPER_COMMANDS or (found and found.kind == "dev") else "main"


def is_ready(venv: Path, kind: str) -> bool:
    found = read_stamp(venv)
    return found is not None and found == wanted_stamp(kind) and (venv / "bin" / "python").exists()


def plain_cause(output: str) -> str | None:
    """The sentence for a tool's failure, if its output tells the cause."""
    return next((text for marks, text in CAUSES if any(mark in output for mark in marks)), None)


def download_settings(environment: Mapping[str, str], pip_settings: str) -> dict[str, str]:
    """What pip is set up with (a mirror, a proxy, certificates), in the words that uv reads."""
    settings: dict[str, str] = {}
    for line in pip_settings.splitlines():
        name, _, value = line.partition("=")
        settings[name.rpartition(".")[2]] = value.strip().strip("'\"")
    translated = {
        ("UV_DEFAULT_INDEX", "UV_INDEX_URL"): settings.get("index-url"),
        ("SSL_CERT_FILE",): settings.get("cert"),
        ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"): settings.get("proxy"),
        ("UV_INSECURE_HOST",): settings.get("trusted-host"),
        ("UV_SYSTEM_CERTS",): "true",
        ("UV_PYTHON_DOWNLOADS",): "never",
        ("UV_NO_CONFIG",): "true",
    }
    return {
        names[0]: value
        for names, value in translated.items()
        if value and not any(n in environment for n in names)
    }


class Preparation:
    """The steps from a bare Python to the environment, each said on the screen."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.venv = ROOT / ".venv"
        self.work = ROOT / ".konsilium"
        self.uv = self.work / "tools" / "bin" / "uv"

    def prepare(self) -> None:
        self._check_folder()
        with self._alone():
            if is_ready(self.venv, self.kind):
                return
            self._check_space()
            say("Konsilium makes its environment here once; later starts take no time.")
            self._install_uv()
            self._make_venv()
            self._install_packages()
            stamp = json.dumps(asdict(wanted_stamp(self.kind)), indent=1)
            write_whole(self.venv / "konsilium.stamp", stamp + "\n")

    def _check_folder(self) -> None:
        try:
            self.work.mkdir(exist_ok=True)
            (self.work / ".writable").touch()
        except OSError as error:
            raise CannotGoOn(
                f"Konsilium makes its environment in {ROOT}, but {user_name()} may not write there"
                f" ({error.strerror}). Give the folder to that user (sudo chown -R {user_name()} {ROOT})"
                " or start as the user who owns it."
            ) from error

    def _check_space(self) -> None:
        free, needed = shutil.disk_usage(ROOT).free, SPACE_NEEDED[self.kind]
        if free < needed:
            raise CannotGoOn(
                f"The disk that holds {ROOT} has {free / 1e9:.1f} GB left; Konsilium needs {needed / 1e9:.1f} GB to"
                " install. Free some space and start again."
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.work / "lock").open("w", encoding="utf-8") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say("Another start is making the environment; waiting for it.")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _install_uv(self) -> None:
        digest = hashlib.sha256((ROOT / TOOLS_LOCK).read_bytes()).hexdigest()
        stamp = self.work / "tools.stamp"
        if self.uv.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == digest:
            return
        if subprocess.run(
            [sys.executable, "-I", "-m", "pip", "--version"], capture_output=True, check=False
        ).returncode:
            raise CannotGoOn(
                f"Python's package installer, pip, is missing for {sys.executable}."
                " Install it (Debian and Ubuntu: sudo apt-get install python3-pip) and start again."
            )
        shutil.rmtree(self.work / "tools", ignore_errors=True)
        command = [sys.executable, "-I", "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
        command += ["--no-warn-script-location", "--disable-pip-version-check", "--root-user-action=ignore"]
        command += ["--target", str(self.work / "tools"), "-r", str(ROOT / TOOLS_LOCK)]
        run_tool("Installer", command, os.environ)
        write_whole(stamp, digest)

    def _environment(self) -> dict[str, str]:
        environment = dict(os.environ)
        pip = subprocess.run(
            [sys.executable, "-I", "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
        ).stdout
        environment |= download_settings(environment, pip)
        home = Path(environment.get("HOME", "/nonexistent"))
        if not os.access(home, os.W_OK):
            environment.setdefault("UV_CACHE_DIR", str(self.work / "cache"))
        environment.pop("VIRTUAL_ENV", None)
        return environment

    def _make_venv(self) -> None:
        command = [
            str(self.uv),
            "venv",
            "--quiet",
            "--python",
            sys.executable,
            "--no-project",
            str(self.venv),
        ]
        python = self.venv / "bin" / "python"
        if python.exists():
            works = [str(python), "-I", "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
            if subprocess.run(works, capture_output=True, check=False).returncode == 0:
                return
        if self.venv.exists():
            shutil.rmtree(self.venv)
        run_tool("Virtual environment", command, self._environment())

    def _install_packages(self) -> None:
        command = [str(self.uv), "pip", "sync", "--quiet", "--require-hashes", "--no-build"]
        command += ["--python", str(self.venv / "bin" / "python"), str(ROOT / LOCKS[self.kind])]
        label = "Packages for running, testing and measuring" if self.kind == "dev" else "Packages"
        run_tool(label, command, self._environment())
        site = next((self.venv / "lib").glob("python3*")) / "site-packages"
        write_whole(site / "konsilium.pth", str(ROOT / "src") + "\n")


def say(text: str) -> None:
    print(text, flush=True)


def user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def write_whole(path: Path, text: str) -> None:
    """Either the old file or the whole new one is there, whatever happens in between."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def run_tool(label: str, command: list[str], environment: Mapping[str, str]) -> None:
    """Run one step; the tool's own words are shown only when it fails, after ours."""
    print(f"  {label} … ", end="", flush=True)
    started = time.monotonic()
    try:
        done = subprocess.run(
            command,
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        say("failed")
        raise CannotGoOn(f"{command[0]} could not be started: {error.strerror}.") from error
    if done.returncode == 0:
        say(f"{time.monotonic() - started:.1f} s")
        return
    say("failed")
    tail = "\n".join(f"    {line}" for line in done.stdout.strip().splitlines()[-12:])
    cause = (
        plain_cause(done.stdout)
        or f"The step “{label}” failed for a reason that only the tool itself can tell."
    )
    raise CannotGoOn(f"{cause}\nThe tool's own words:\n{tail}")


def hand_over(arguments: list[str]) -> NoReturn:
    python = str(ROOT / ".venv" / "bin" / "python")
    # Compiled files stay inside the folder, and without them every process takes seconds longer to start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        os.execv(python, [python, "-m", "konsilium.config.cli", *arguments])  # noqa: S606 - our own path
    except PermissionError as error:
        raise CannotGoOn(
            f"The environment in {ROOT / '.venv'} uses a Python that {user_name()} may not run."
            " Delete that folder and start again: it is then made with this user's own Python."
        ) from error


def main(arguments: list[str]) -> int:
    venv = ROOT / ".venv"
    command = next((word for word in arguments if not word.startswith("-")), None)
    try:
        kind = kind_needed(command, read_stamp(venv))
        if not is_ready(venv, kind):
            Preparation(kind).prepare()
        hand_over(arguments)
    except CannotGoOn as problem:
        print(f"konsilium: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nkonsilium: stopped. The next start continues from here.", file=sys.stderr)
        return 130
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        cause = plain_cause(str(error)) or f"The system refused: {error.strerror or error}."
        print(f"konsilium: {cause}{where}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
