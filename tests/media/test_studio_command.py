"""`./konsilium studio`: the media plane as a server of its own, without Django or a database."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from konsilium.config.secrets import secret
from konsilium.mediaplane.grants import issue_grant
from konsilium.mediaplane.plan import ChannelPlan, DoorPlan, FeedPlan, Plan
from tests.media.test_demo_command import free_port, until

CHANNEL = "00000000-0000-7000-8000-000000000007"


def _status(port: int, token: str = "") -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        connection.request("GET", f"/media/{CHANNEL}/master.m3u8", headers=headers)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def test_studio_serves_the_plan_to_holders_of_a_grant_and_ends_cleanly(tmp_path: Path) -> None:
    port = free_port()
    plan = Plan(
        version=1,
        doors=(DoorPlan(id="theatre.endoscope", port=free_port(), passphrase="not a real secret"),),
        channels=(
            ChannelPlan(
                id=CHANNEL,
                state="live",
                sound="endoscope",
                feeds=(FeedPlan(key="endoscope", door="theatre.endoscope", title="Endoscope"),),
            ),
        ),
    )
    (tmp_path / "studio").mkdir()
    (tmp_path / "studio" / "plan.json").write_text(plan.model_dump_json())
    token = issue_grant(
        secret(tmp_path, "media").encode(), holder="somebody", channel=CHANNEL, now=datetime.now(UTC)
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "konsilium.config.cli", "studio", "--port", str(port)],
        env={**os.environ, "KONSILIUM_DATA": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: _status(port, token) == 200, 60)
        assert _status(port) in {401, 403}
    finally:
        process.send_signal(signal.SIGTERM)
        errors = process.communicate(timeout=30)[1]
    assert "Traceback" not in errors
    # uvicorn ends by the very signal that stopped it, after everything is closed.
    assert process.returncode in {0, -signal.SIGTERM}, errors
