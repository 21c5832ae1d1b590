"""The studio as a whole: follows its plan, reports, survives bad plans and being killed."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from konsilium.mediaplane.encoder import tools
from konsilium.mediaplane.encoder.slate import prepare_slates
from konsilium.mediaplane.status import Status
from tests.media.conftest import Clip
from tests.media.theatre import CHANNEL, DOOR, Theatre, free_udp_port, inits, opened

#: The studio in a process of its own, as small as it can be.
_PROGRAM = """
import asyncio, sys
from pathlib import Path
from konsilium.mediaplane.studio import Studio

async def main():
    studio = Studio(Path(sys.argv[1]))
    await studio.start()
    while True:
        pids = [pid for feed in studio.feeds.values() for pids in feed.pids.values() for pid in pids if pid]
        print(*pids, flush=True)
        await asyncio.sleep(0.2)

asyncio.run(main())
"""


def written_status(theatre: Theatre) -> Status:
    return Status.model_validate_json(theatre.studio.settings.status.read_bytes())


async def test_the_status_file_follows_what_happens(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        await theatre.until(theatre.studio.settings.status.exists)
        first = written_status(theatre)
        assert (first.version, first.doors[DOOR].signal, first.channels[CHANNEL].state) == (1, "none", "live")
        await theatre.send(clip_of("plain"))
        await theatre.until_live()
        await theatre.until(lambda: written_status(theatre).doors[DOOR].signal == "live", within=1)
        at = written_status(theatre).at
        await theatre.until(
            lambda: written_status(theatre).at > at, within=1.5, what="the report of the next second"
        )
        assert not list(theatre.studio.settings.folder.glob("*.part"))


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"version": "x"}', '{"version": 9, "doors": [{"id": "a"}]}', '{"version": 9, "surprise": 1}'],
)
async def test_a_bad_plan_is_not_followed_and_said_so(tmp_path: Path, text: str) -> None:
    async with Theatre(tmp_path) as theatre:
        pids = dict(theatre.pids)
        theatre.studio.settings.plan.write_text(text)
        await theatre.until(lambda: theatre.studio.plan_error != "")
        await theatre.until(lambda: "cannot be read" in written_status(theatre).plan_error)
        assert theatre.channel.state == "live"
        assert theatre.pids == pids, "the door stands open"
        theatre.write_plan(state="stopped")
        await theatre.until(lambda: theatre.channel.state == "stopped")
        assert theatre.studio.plan_error == ""


async def test_a_fault_in_a_plan_does_not_spread_its_passphrases(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    door = {"id": "a", "port": 70_000, "passphrase": "open sesame, please"}
    async with Theatre(tmp_path) as theatre:
        theatre.studio.settings.plan.write_text(json.dumps({"version": 2, "doors": [door]}))
        await theatre.until(lambda: "doors.0.port" in theatre.studio.plan_error)
        assert "sesame" not in theatre.studio.plan_error
    assert "sesame" not in caplog.text


async def test_a_door_moves_to_another_port(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        theatre.port = free_udp_port()
        theatre.write_plan()
        await theatre.until(lambda: theatre.studio.plan.version == 2)
        await asyncio.sleep(0.3)
        await theatre.send(clip_of("plain"))
        await theatre.until_live()


async def test_what_has_ended_begins_anew_only_as_another_channel(tmp_path: Path) -> None:
    async with Theatre(tmp_path) as theatre:
        ended = theatre.channel
        theatre.write_plan(state="ended")
        await theatre.until(lambda: theatre.picture.ended)
        theatre.write_plan(state="live")
        await theatre.until(lambda: not theatre.picture.ended)
        assert theatre.channel is not ended
        assert ended.closed, "nobody waits for it any longer"


async def test_a_stop_shows_its_own_slate(tmp_path: Path) -> None:
    async with Theatre(tmp_path) as theatre:
        theatre.write_plan(state="stopped")
        await theatre.until(lambda: theatre.channel.state == "stopped")
        await asyncio.sleep(1.2)
        slates = prepare_slates(theatre.studio.settings.slates)
        assert (
            slates.lost.init.data != slates.stopped.init.data or slates.lost.frames != slates.stopped.frames
        )
        shown = opened(theatre.picture, theatre.picture.segments[-1])
        assert slates.stopped.frames[0][1] in shown or slates.stopped.frames[1][1] in shown
        assert inits(theatre.picture)


def test_a_damaged_slate_is_made_again(tmp_path: Path) -> None:
    slates = prepare_slates(tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:50])
    assert [filler.frames for filler in (prepare_slates(tmp_path).lost,)] == [slates.lost.frames]


async def test_a_killed_studio_takes_its_children_along_and_resumes(tmp_path: Path, clip_of: Clip) -> None:
    theatre = Theatre(tmp_path)
    theatre.studio.settings.folder.mkdir(parents=True)
    theatre.write_plan()
    first = await _program(tmp_path)
    await _status_of(theatre)
    sender = await theatre.send(clip_of("mono-44"))
    try:
        await theatre.until(lambda: written_status(theatre).doors[DOOR].signal == "live", what="a picture")
        children = await _children(first, at_least=2)
        first.send_signal(signal.SIGKILL)
        await first.wait()
        await theatre.until(
            lambda: not any(_runs(child) for child in children), within=2, what="the end of ffmpeg"
        )
        second = await _program(tmp_path)
        await sender.kill()
        before = written_status(theatre).at
        await theatre.until(lambda: written_status(theatre).at > before, within=20, what="the next life")
        sender = await theatre.send(clip_of("mono-44"))
        await theatre.until(lambda: written_status(theatre).doors[DOOR].signal == "live")
        second.kill()
        await second.wait()
    finally:
        await sender.kill()


def test_children_die_with_us_where_setpriv_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = shutil.which("sleep") or "/bin/sleep"
    monkeypatch.setattr(tools.shutil, "which", lambda _: None)
    prefix = tools.guard.__wrapped__()
    assert prefix
    assert "setpriv" not in prefix[0]
    program = (
        "import subprocess, sys, time; print(subprocess.Popen(sys.argv[1:]).pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, *prefix, sleep, "60"], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        deadline = time.monotonic() + 5
        while Path(f"/proc/{child}/comm").read_text().strip() != "sleep":
            assert time.monotonic() < deadline
        parent.kill()
    while _runs(child):
        assert time.monotonic() < deadline


async def _program(folder: Path) -> asyncio.subprocess.Process:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROGRAM, str(folder), stdout=asyncio.subprocess.PIPE, env=environment
    )


async def _status_of(theatre: Theatre) -> None:
    await theatre.until(theatre.studio.settings.status.exists, within=20, what="the first report")
    await asyncio.sleep(0.3)


async def _children(program: asyncio.subprocess.Process, *, at_least: int) -> list[int]:
    assert program.stdout is not None
    pids: list[int] = []
    while len(pids) < at_least:
        pids = [int(word) for word in (await program.stdout.readline()).split()]
    return pids


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
