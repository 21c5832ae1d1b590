"""Loaded by pytest before Django's settings: tests write into a folder of their own."""

import os
import tempfile

os.environ.setdefault("KONSILIUM_DATA", tempfile.mkdtemp(prefix="konsilium-test-"))
os.environ.setdefault("KONSILIUM_LOG_LEVEL", "warning")
