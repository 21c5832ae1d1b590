"""From the options to a recording in a real S3 server, as the studio's own process puts them together."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from konsilium.config.options import Options
from konsilium.config.recordings import recordings_space, recordings_store
from konsilium.mediaplane.plan import ChannelPlan, DoorPlan, FeedPlan, Plan
from konsilium.mediaplane.studio import Studio
from tests.media.theatre import free_udp_port
from tests.mediaplane.vault.weed import Weed

pytestmark = [pytest.mark.integration, pytest.mark.media, pytest.mark.slow]

CHANNEL = "operation-1"


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    server = Weed(tmp_path_factory.mktemp("weed"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def options(weed: Weed, tmp_path: Path) -> Options:
    said = weed.options
    return Options(
        data=str(tmp_path),
        recordings_store=said.address,
        recordings_free_gb=1,
        s3_endpoint=said.endpoint,
        s3_access_key=said.access_key,
        s3_secret_key=said.secret_key,
    )


async def until(condition: Callable[[], bool], *, within: float) -> None:
    ends = time.monotonic() + within
    while not condition():
        assert time.monotonic() < ends
        await asyncio.sleep(0.05)


def write_plan(studio: Studio, port: int, *, ended: bool) -> None:
    """A camera that never sends: what is recorded is the slate."""
    plan = Plan(
        version=2 if ended else 1,
        doors=(DoorPlan(id="theatre.endoscope", port=port, passphrase="not a real secret"),),
        channels=(
            ChannelPlan(
                id=CHANNEL,
                state="ended" if ended else "live",
                sound="endoscope",
                feeds=(FeedPlan(key="endoscope", door="theatre.endoscope", title="Endoscope"),),
            ),
        ),
    )
    studio.settings.folder.mkdir(parents=True, exist_ok=True)
    studio.settings.plan.write_text(plan.model_dump_json())


async def test_what_the_options_name_is_where_recordings_go(options: Options) -> None:
    store = recordings_store(options)
    assert store is not None
    studio = Studio(Path(options.data), store=store, space=recordings_space(options))
    port = free_udp_port()
    write_plan(studio, port, ended=False)
    await studio.start()
    try:
        await until(lambda: CHANNEL in studio.channels, within=10)
        await asyncio.sleep(2.5)
        assert not studio.status.recordings[CHANNEL].stored
        write_plan(studio, port, ended=True)
        await until(lambda: studio.status.recordings[CHANNEL].stored, within=20)
    finally:
        await studio.stop()
    names = sorted(store.names(f"{CHANNEL}/"))
    for rendition in ("endoscope", "sound", "sound-low"):
        assert f"{CHANNEL}/{rendition}/index" in names
        assert any(name.startswith(f"{CHANNEL}/{rendition}/") and name.endswith(".vol") for name in names)
    secret = (studio.settings.keys / CHANNEL).read_bytes()
    kept = [store.get(name) or b"" for name in names]
    assert all(kept)
    assert not any(secret in one for one in kept), "keys never go there"
