"""What lies in the clear and is of no use any more is removed, whatever kept it from being removed in time."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from konsilium.broadcast import actions, tasks
from konsilium.broadcast.actions import plan as plan_module
from konsilium.broadcast.decisions import RecordingState
from konsilium.broadcast.models import Recording
from konsilium.broadcast.queries import upload_path, uploads_folder
from konsilium.foundation import clock
from konsilium.foundation.ids import new_id
from tests.factories.broadcast import make_recording, planned
from tests.factories.theatre import Scene

pytestmark = pytest.mark.integration


def film(scene: Scene, state: RecordingState) -> Recording:
    """An upload with its file."""
    recording = make_recording(scene.operation.slot.congress, clock.now(), state=state)
    lay(upload_path(recording))
    return recording


def lay(path: Path, *, age: timedelta = timedelta(0)) -> Path:
    uploads_folder().mkdir(exist_ok=True)
    path.write_bytes(b"a film in the clear")
    at = (clock.now() - age).timestamp()
    os.utime(path, (at, at))
    return path


def test_a_film_goes_with_its_recording_even_if_no_plan_can_be_written(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed, unfinished = film(scene, RecordingState.FAILED), film(scene, RecordingState.UPLOADING)

    def broken(*_values: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(plan_module, "_write", broken)
    with pytest.raises(OSError, match="disk is full"):
        actions.destroy_recording(
            recording=failed, reason=actions.DestroyReason.CONSENT, actor=None, now=clock.now()
        )
    actions.abandon_upload(upload=unfinished, actor=None, now=clock.now())
    assert not upload_path(failed).exists()
    assert not upload_path(unfinished).exists()


def test_what_was_left_behind_is_swept_up(scene: Scene) -> None:
    gone = [film(scene, state) for state in (RecordingState.KEPT, RecordingState.DESTROYED)]
    wanted = [
        film(scene, state)
        for state in (RecordingState.UPLOADING, RecordingState.CONVERTING, RecordingState.FAILED)
    ]
    nobodys = lay(uploads_folder() / str(new_id()), age=timedelta(hours=2))
    # Its row is about to be committed.
    fresh = lay(uploads_folder() / str(new_id()))
    other = lay(uploads_folder() / "README", age=timedelta(days=9))
    tasks.keep_tidy()
    assert not any(upload_path(one).exists() for one in gone)
    assert all(upload_path(one).exists() for one in wanted)
    assert (nobodys.exists(), fresh.exists(), other.exists()) == (False, True, True)


def test_a_film_that_could_not_be_converted_is_not_kept_for_ever(scene: Scene) -> None:
    old, new = film(scene, RecordingState.FAILED), film(scene, RecordingState.FAILED)
    Recording.objects.filter(pk=old.pk).update(touched_at=clock.now() - timedelta(days=15))
    tasks.keep_tidy()
    assert not upload_path(old).exists()
    assert upload_path(new).exists()
    assert [Recording.objects.get(pk=one.pk).state for one in (old, new)] == ["destroyed", "failed"]


def test_one_thing_that_cannot_be_tidied_keeps_no_other(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = film(scene, RecordingState.DESTROYED)
    monkeypatch.setattr(actions, "refresh_plan", lambda: 1 / 0)
    tasks.keep_tidy()
    assert not upload_path(gone).exists()


def test_the_watch_writes_its_plan_as_soon_as_it_can(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    write_plan, tries = actions.write_plan, []

    def once_broken() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("not now")
        write_plan()

    monkeypatch.setattr(actions, "write_plan", once_broken)
    monkeypatch.setattr(tasks, "LOOK_EVERY", 0.01)
    make_recording(scene.operation.slot.congress, scene.now, state=RecordingState.CONVERTING)

    async def watch() -> None:
        watching = asyncio.create_task(tasks.watch_studio())
        for _ in range(200):
            await asyncio.sleep(0.01)
            if len(tries) > 1:
                break
        await asyncio.sleep(0.1)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        # The thread in which it spoke with the database has a connection of its own.
        await sync_to_async(connections.close_all)()

    asyncio.run(watch())
    assert len(tries) == 2
    assert len(planned().conversions) == 1
