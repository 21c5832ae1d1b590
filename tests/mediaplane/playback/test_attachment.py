"""What was shown goes on until what is to come has a key frame."""

from datetime import UTC, datetime, timedelta

from konsilium.mediaplane.cmaf import Fragment, Init
from konsilium.mediaplane.playback.attachment import Attachment
from konsilium.mediaplane.playback.outlet import PlaybackOutlet
from tests.mediaplane.playback.reels import OTHER, PICTURE, NotingSink, second

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def running(init: Init) -> PlaybackOutlet:
    outlet = PlaybackOutlet()
    outlet.begin(init)
    outlet.add(second(init, 0), at=NOW - timedelta(seconds=1))
    return outlet


def rest(init: Init) -> Fragment:
    """Without a key frame."""
    whole = second(init, 0)
    return Fragment(1, 90_000, 3600, whole.samples[1:], whole.payload[4:])


def shown(attachment: Attachment, outlet: PlaybackOutlet) -> None:
    attachment.show(outlet, NOW)
    outlet.add(second(PICTURE, 90_000), at=NOW)


def test_one_follows_the_other_at_a_key_frame_without_both_at_once() -> None:
    sink = NotingSink()
    attachment = Attachment(sink)
    before, after = running(PICTURE), running(OTHER)
    shown(attachment, before)
    attachment.show(after, NOW)
    after.add(rest(OTHER), at=NOW)
    before.add(rest(PICTURE), at=NOW)
    assert len(sink.fragments) == 2
    after.add(second(OTHER, 180_000), at=NOW + timedelta(seconds=1))
    before.add(second(PICTURE, 180_000), at=NOW + timedelta(seconds=1))
    assert [init for init, _ in sink.opened] == [PICTURE.data, OTHER.data]
    assert sink.fragments[-1] == second(OTHER, 180_000)
    assert len(sink.fragments) == 3
    assert sink.closed == [], "a change without a loss"


def test_what_does_not_come_is_not_waited_for_without_end() -> None:
    sink = NotingSink()
    attachment = Attachment(sink)
    before, after = running(PICTURE), PlaybackOutlet()
    shown(attachment, before)
    attachment.show(after, NOW)
    attachment.tick(NOW + timedelta(seconds=1))
    assert sink.closed == []
    attachment.tick(NOW + timedelta(seconds=5))
    assert len(sink.closed) == 1
    before.add(second(PICTURE, 900_000), at=NOW)
    assert len(sink.fragments) == 1


def test_nothing_to_come_is_at_once() -> None:
    sink = NotingSink()
    attachment = Attachment(sink)
    before = running(PICTURE)
    shown(attachment, before)
    attachment.show(None, NOW)
    assert len(sink.closed) == 1


def test_changing_one_s_mind_meanwhile_leaves_only_the_last() -> None:
    sink = NotingSink()
    attachment = Attachment(sink)
    live, recording = running(PICTURE), running(OTHER)
    shown(attachment, live)
    attachment.show(recording, NOW)
    attachment.show(live, NOW)
    recording.add(second(OTHER, 0), at=NOW)
    assert len(sink.opened) == 1
    live.add(second(PICTURE, 180_000), at=NOW)
    assert sink.fragments[-1] == second(PICTURE, 180_000)
    assert attachment.outlet is live


def test_what_is_to_come_knows_where_what_is_shown_ends() -> None:
    attachment = Attachment(NotingSink())
    before, after = running(PICTURE), PlaybackOutlet()
    attachment.show(before, NOW)
    before.add(second(PICTURE, 90_000), at=NOW)
    before.add(second(PICTURE, 180_000), at=NOW + timedelta(seconds=1))
    assert after.free_from is None
    attachment.show(after, NOW)
    assert after.free_from == NOW + timedelta(seconds=2)
