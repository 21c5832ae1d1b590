from konsilium.mediaplane.cmaf import Fragment, Kind, Sample
from konsilium.mediaplane.encoder.gathering import Gathering


def picture(time: int, duration: int = 3000, *, composition: int = 0) -> Fragment:
    return Fragment(
        1, 90_000, time, (Sample(2, duration, False, composition),), b"%02d" % (time // 3000 % 100)
    )


def sound(time: int, frames: int = 1) -> Fragment:
    return Fragment(1, 48_000, time, (Sample(1, 1024, True),) * frames, b"s" * frames)


def test_what_is_gathered_comes_as_one_fragment() -> None:
    gathering = Gathering(Kind.VIDEO)
    for fragment in (picture(9000), picture(12000, composition=6000), picture(15000)):
        assert gathering.goes_on_with(fragment)
        gathering.add(fragment)
    assert gathering.seconds == 0.1
    assert gathering.take() == Fragment(
        1,
        90_000,
        9000,
        (Sample(2, 3000, False), Sample(2, 3000, False, 6000), Sample(2, 3000, False)),
        b"030405",
    )
    assert (gathering.take(), gathering.seconds) == (None, 0.0)


def test_pictures_keep_their_times_though_they_are_not_where_they_were_expected() -> None:
    gathering = Gathering(Kind.VIDEO)
    for time in (0, 2970, 6030):
        assert gathering.goes_on_with(picture(time))
        gathering.add(picture(time))
    fragment = gathering.take()
    assert fragment is not None
    assert [sample.duration for sample in fragment.samples] == [2970, 3060, 3000]


def test_a_hole_is_not_gathered_over() -> None:
    pictures, sounds = Gathering(Kind.VIDEO), Gathering(Kind.AUDIO)
    pictures.add(picture(0))
    assert pictures.goes_on_with(picture(4500))
    assert not pictures.goes_on_with(picture(4501))
    assert not pictures.goes_on_with(picture(1499))
    sounds.add(sound(0, 2))
    assert sounds.goes_on_with(sound(2048))
    assert not sounds.goes_on_with(sound(2049)), "a frame of sound lasts as long as it lasts"
