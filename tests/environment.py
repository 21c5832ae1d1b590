"""Loaded by pytest before Django's settings: tests write into a folder, and on request a database, of their own."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests import postgres

if "KONSILIUM_DATA" not in os.environ:
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a folder of its own is made there
    os.environ["KONSILIUM_DATA"] = tempfile.mkdtemp(prefix="konsilium-test-", dir=memory)
    atexit.register(shutil.rmtree, os.environ["KONSILIUM_DATA"], ignore_errors=True)
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # A worker inherits the folder of the run; plan and status of two would overwrite each other there.
    os.environ["KONSILIUM_DATA"] = str(Path(os.environ["KONSILIUM_DATA"]) / worker)
os.environ.setdefault("KONSILIUM_LOG_LEVEL", "warning")
# A developer's own konsilium.toml is not read.
os.environ.setdefault("KONSILIUM_CONFIG", os.devnull)
# The English text is what the tests read; a test that wants another language asks for it.
os.environ.setdefault("KONSILIUM_LANGUAGE", "en")

if os.environ.get("KONSILIUM_TEST_POSTGRES") == "1" and "KONSILIUM_DATABASE_URL" not in os.environ:
    os.environ["KONSILIUM_DATABASE_URL"] = postgres.start().url
