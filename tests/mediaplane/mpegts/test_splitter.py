"""The splitter against streams written by hand, and against anything at all."""

from hypothesis import given
from hypothesis import strategies as st

from konsilium.mediaplane.mpegts import (
    AudioCodec,
    Begun,
    Event,
    Payload,
    Reason,
    Splitter,
    Unreadable,
    VideoCodec,
)
from tests.mediaplane.mpegts.streams import (
    AAC,
    AUDIO_PID,
    HEVC,
    PMT_PID,
    SPS_240,
    SPS_720,
    VIDEO_PID,
    head,
    packets,
    picture,
    pmt,
    programme,
    sound,
    tables,
)


def split(data: bytes, *, step: int = 1316, splitter: Splitter | None = None) -> list[Event]:
    splitter = splitter or Splitter()
    return [event for at in range(0, len(data), step) for event in splitter.feed(data[at : at + step])]


def runs(events: list[Event]) -> list[tuple[Begun, bytes]]:
    found: list[tuple[Begun, bytes]] = []
    for event in events:
        if isinstance(event, Begun):
            found.append((event, event.preamble))
        elif isinstance(event, Payload):
            begun, data = found[-1]
            found[-1] = (begun, data + event.data)
    return found


def test_a_plain_stream_is_one_run_of_everything_from_its_first_key_frame() -> None:
    data = programme()
    ((begun, passed),) = runs(split(data))
    video, audio = begun.streams.video, begun.streams.audio
    assert video is not None
    assert (video.pid, video.codec) == (VIDEO_PID, VideoCodec.H264)
    assert video.sps is not None
    assert (video.sps.width, video.sps.height, video.sps.progressive, video.sps.frame_rate) == (
        1280,
        720,
        True,
        30,
    )
    assert (video.sps.chroma_format, video.sps.bit_depth, video.sps.profile) == (1, 8, 100)
    assert audio is not None
    assert (audio.pid, audio.codec, audio.object_type, audio.sample_rate, audio.channels) == (
        (AUDIO_PID, AudioCodec.AAC, 2, 48000, 2)
    )
    assert passed == data


def test_pictures_before_the_first_key_frame_are_left_out() -> None:
    late = b"".join(picture(80_000 + index * 3600) + sound(80_000 + index * 3600) for index in range(3))
    body = programme()[len(head()) :]
    ((_, passed),) = runs(split(head() + late + body))
    assert passed == head() + body


def test_nothing_begins_before_each_stream_has_been_seen() -> None:
    splitter = Splitter()
    assert runs(split(head() + picture(90_000, sps=SPS_720), splitter=splitter)) == []
    assert runs(split(picture(93_600), splitter=splitter)) == []
    assert len(runs(split(sound(90_000), splitter=splitter))) == 1


def test_an_announced_sound_that_never_comes_is_not_waited_for() -> None:
    data = head() + b"".join(picture(90_000 + index * 3600, sps=SPS_720) for index in range(25))
    ((begun, passed),) = runs(split(data))
    assert begun.streams.audio is None
    assert passed == data


def test_an_announced_picture_that_never_comes_is_not_waited_for() -> None:
    sounds = b"".join(sound(90_000 + index * 1920) for index in range(100))
    ((begun, passed),) = runs(split(head() + sounds))
    assert begun.streams.video is None
    assert begun.streams.audio is not None
    assert passed.endswith(sounds)


def test_sound_that_comes_late_joins_at_a_key_frame() -> None:
    silent = head() + b"".join(
        picture(90_000 + index * 3600, sps=SPS_720 if index % 10 == 0 else None) for index in range(30)
    )
    both = b"".join(
        picture(198_000 + index * 3600, sps=SPS_720 if index % 10 == 5 else None)
        + sound(198_000 + index * 3600)
        for index in range(20)
    )
    first, second = runs(split(silent + both))
    assert first[0].streams.audio is None
    assert second[0].streams.audio is not None
    assert second[1].startswith(head() + picture(198_000 + 5 * 3600, sps=SPS_720))


def test_another_parameter_set_begins_another_run() -> None:
    body = programme(sps=SPS_240, start=90_000 + 30 * 3600)[len(head()) :]
    first, second = runs(split(programme() + body))
    assert first[1] == programme()
    assert second[1] == head() + body
    assert second[0].streams.video is not None
    assert second[0].streams.video.sps is not None
    assert second[0].streams.video.sps.width == 426


def test_another_programme_begins_another_run() -> None:
    changed = tables(PMT_PID, pmt([(HEVC, VIDEO_PID, b""), (AAC, AUDIO_PID, b"")]))
    body = programme(start=90_000 + 30 * 3600)[len(head()) :]
    first, second = runs(split(programme() + changed + body))
    assert first[1] == programme()
    assert second[0].streams.video is not None
    assert second[0].streams.video.codec is VideoCodec.HEVC


def test_a_jump_in_time_begins_another_run_on_another_time_line() -> None:
    splitter = Splitter()
    body = programme(start=900_000_000)[len(head()) :]
    first, second = runs(split(programme() + body, splitter=splitter))
    assert first[1] == programme()
    assert second[1] == head() + body
    assert splitter.time_line == 1
    assert splitter.clock == 900_000_000 + 29 * 3600


def test_the_wrap_of_the_time_stamps_is_no_jump() -> None:
    splitter = Splitter()
    start = (1 << 33) - 10 * 3600
    ((_, passed),) = runs(split(programme(start=start), splitter=splitter))
    assert passed == programme(start=start)
    assert splitter.time_line == 0
    assert splitter.clock == start + 29 * 3600


def test_noise_is_no_transport_stream_and_is_said_so_once() -> None:
    noise = bytes(range(70)) * 4000
    assert split(noise) == [Unreadable(Reason.NOT_A_TRANSPORT_STREAM)]


def test_a_stream_after_noise_is_found() -> None:
    noise = bytes(range(70)) * 2000
    events = split(noise + programme())
    assert events[0] == Unreadable(Reason.NOT_A_TRANSPORT_STREAM)
    assert len(runs(events[1:])) == 1


def test_packets_without_tables_are_named() -> None:
    assert split(packets(0x200, b"\x01" * 184) * 12_000, step=65_800) == [Unreadable(Reason.NO_PROGRAMME)]


def test_a_programme_of_unknown_codings_is_named() -> None:
    known_to_nobody = head()[:188] + tables(PMT_PID, pmt([(0x7F, VIDEO_PID, b"")]))
    assert split(known_to_nobody * 2) == [Unreadable(Reason.NO_KNOWN_CODEC)]


def test_scrambled_pictures_are_named() -> None:
    data = head() + packets(VIDEO_PID, b"\x55" * 184, scrambled=True) * 20
    assert split(data) == [Unreadable(Reason.SCRAMBLED)]


def test_pictures_without_key_frames_are_named() -> None:
    data = head(audio=False) + b"".join(picture(90_000 + index * 3600) for index in range(400))
    assert split(data) == [Unreadable(Reason.NO_KEY_FRAME)]


def test_a_stream_that_loses_bytes_finds_its_packets_again() -> None:
    data = programme(frames=60)
    ((_, passed),) = runs(split(data[:20_000] + data[20_077:]))
    assert len(data) - len(passed) < 188 * 3
    assert len(passed) % 188 == 0


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=40))
def test_it_does_not_matter_how_the_bytes_are_cut(steps: list[int]) -> None:
    data = programme(frames=24) + programme(frames=8, sps=SPS_240, start=90_000 + 24 * 3600)[len(head()) :]
    splitter, events, at = Splitter(), [], 0
    while at < len(data):
        step = steps[len(events) % len(steps)]
        events += splitter.feed(data[at : at + step])
        at += step
    cut = runs(events)
    whole = runs(Splitter().feed(data))
    assert [begun.streams for begun, _ in cut] == [begun.streams for begun, _ in whole]
    assert [passed for _, passed in cut] == [passed for _, passed in whole]


@given(st.lists(st.binary(max_size=2000), max_size=20))
def test_any_bytes_are_survived(chunks: list[bytes]) -> None:
    splitter = Splitter()
    for chunk in chunks:
        splitter.feed(chunk)


@given(st.lists(st.tuples(st.integers(0, 8000), st.integers(0, 255)), max_size=60))
def test_any_damage_to_a_stream_is_survived(damage: list[tuple[int, int]]) -> None:
    data = bytearray(programme(frames=12))
    for at, value in damage:
        data[at % len(data)] = value
    events = split(bytes(data), step=700)
    assert sum(len(passed) for _, passed in runs(events)) <= len(data) + 20 * len(head())
