"""Where ffmpeg is, and how a child is started so that it never outlives us."""

import functools
import platform
import shutil
import subprocess
import sys

import imageio_ffmpeg

from konsilium.mediaplane.encoder import command_lines

#: The same as setpriv does: PR_SET_PDEATHSIG (1) with SIGKILL (9), then the program itself.
_GUARD = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"


@functools.cache
def ffmpeg_path() -> str:
    return str(imageio_ffmpeg.get_ffmpeg_exe())


@functools.cache
def guard() -> tuple[str, ...]:
    """Prefix of a command line that makes the kernel kill the child when this process dies, even by SIGKILL."""
    setpriv = shutil.which("setpriv")
    if setpriv:
        return (setpriv, "--pdeathsig", "KILL", "--")
    if platform.system() == "Linux":
        return (sys.executable, "-I", "-S", "-c", _GUARD)
    return ()


@functools.cache
def has_nvenc() -> bool:
    """Whether a graphics processor codes H.264 here, found out by letting it. Blocks for a moment, once."""
    try:
        done = subprocess.run(
            command_lines.probe_nvenc(ffmpeg_path()), capture_output=True, timeout=15, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
