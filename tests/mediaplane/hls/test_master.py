"""What an audience is offered (RFC 8216bis 4.4.6), rule by rule."""

from collections.abc import Callable

import pytest

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls import SOUND, SOUND_LOW, Angle, Interpreter
from tests.mediaplane.hls.m3u8 import Master, parse_master
from tests.mediaplane.hls_factory import Studio, sound

RUSSIAN = Interpreter("russian", "Русский", "ru")
KAZAKH = Interpreter("kazakh", "Qazaqşa", "kk-Latn")


def _offered() -> dict[str, Master]:
    plain = Studio("endoscope", "overview")
    full = Studio(
        "endoscope", "overview", low_height=360, interpreters=(RUSSIAN, KAZAKH), programme="overview"
    )
    for studio in (plain, full):
        studio.connect("endoscope")
        studio.connect(SOUND)
        studio.run(8)
    return {
        "plain": parse_master(plain.channel.master()),
        "full": parse_master(full.channel.master()),
        "one angle": parse_master(full.channel.master("endoscope")),
        "listening": parse_master(plain.channel.listen_master()),
        "listening to interpreters": parse_master(full.channel.listen_master()),
    }


OFFERED = _offered()
Rule = Callable[[Master], bool]
#: What a member of another group may differ in.
OWN = {"GROUP-ID", "URI", "CHANNELS"}


def _groups_alike(master: Master) -> bool:
    groups = [
        [{name: value for name, value in one.items() if name not in OWN} for one in members]
        for members in master.groups.values()
    ]
    return all(group == groups[0] for group in groups)


NAMED = {"TYPE", "GROUP-ID", "NAME"}
VARIED: list[tuple[str, str, Callable[[dict[str, str]], bool]]] = [
    (
        "4.4.6.2",
        "Every EXT-X-STREAM-INF tag SHOULD include a CODECS attribute",
        lambda one: bool(one["CODECS"]),
    ),
    (
        "4.4.6.2",
        "RESOLUTION is RECOMMENDED if the Variant Stream includes video",
        lambda one: ("RESOLUTION" in one) == ("avc1" in one["CODECS"]),
    ),
    (
        "4.4.6.2",
        "FRAME-RATE SHOULD be included if any video exceeds 30 frames per second",
        lambda one: ("FRAME-RATE" in one) == ("avc1" in one["CODECS"]),
    ),
    (
        "4.4.6.2",
        "BANDWIDTH is the peak, AVERAGE-BANDWIDTH the average segment bit rate",
        lambda one: int(one["BANDWIDTH"]) >= int(one["AVERAGE-BANDWIDTH"]) > 0,
    ),
]
MEMBER: list[tuple[str, str, Callable[[dict[str, str]], bool]]] = [
    ("4.4.6.1", "TYPE, GROUP-ID and NAME are REQUIRED", lambda one: set(one) >= NAMED),
    ("4.4.6.1", "TYPE: valid strings are AUDIO …", lambda one: one["TYPE"] == "AUDIO"),
    (
        "4.4.6.1",
        "AUTOSELECT, if present, MUST be YES if the value of DEFAULT is YES",
        lambda one: one["DEFAULT"] == "NO" or one["AUTOSELECT"] == "YES",
    ),
    (
        "4.4.6.1",
        "All audio EXT-X-MEDIA tags SHOULD have a CHANNELS attribute",
        lambda one: one["CHANNELS"] in {"1", "2"},
    ),
    (
        "4.4.6.1",
        "LANGUAGE: one of the standard Tags for Identifying Languages",
        lambda one: one.get("LANGUAGE", "ru") in {"ru", "kk-Latn"},
    ),
]
WHOLE: list[tuple[str, str, Rule]] = [
    ("4.1", "Lines are terminated by a single line feed", lambda master: "\r" not in master.text),
    (
        "4.4.6.1",
        "All EXT-X-MEDIA tags in the same Group MUST have different NAME attributes",
        lambda master: all(len({one["NAME"] for one in group}) == len(group) for group in master.sounds),
    ),
    (
        "4.4.6.1",
        "A Group MUST NOT have more than one member with a DEFAULT attribute of YES",
        lambda master: all(sum(one["DEFAULT"] == "YES" for one in group) == 1 for group in master.sounds),
    ),
    (
        "4.4.6.1.1",
        "each Group of the same TYPE MUST have the same set of members",
        _groups_alike,
    ),
    (
        "4.4.6.2",
        "AUDIO MUST match the GROUP-ID of an EXT-X-MEDIA tag",
        lambda master: all(one["AUDIO"] in master.groups for one in master.variants if "AUDIO" in one),
    ),
    (
        "4.4.6.2",
        "STABLE-VARIANT-ID: a stable identifier for the URI",
        lambda master: len({one["STABLE-VARIANT-ID"] for one in master.variants}) == len(master.variants),
    ),
]


def _of_each(rule: Callable[[dict[str, str]], bool], *, members: bool) -> Rule:
    return lambda master: all(rule(one) for one in (master.media if members else master.variants))


RULES: list[tuple[str, str, Rule]] = [
    *WHOLE,
    *((clause, words, _of_each(rule, members=True)) for clause, words, rule in MEMBER),
    *((clause, words, _of_each(rule, members=False)) for clause, words, rule in VARIED),
]


@pytest.mark.parametrize(
    ("clause", "words", "rule"), RULES, ids=[f"{clause}: {words}" for clause, words, _ in RULES]
)
def test_every_offer_keeps_the_rule(clause: str, words: str, rule: Rule) -> None:
    broken = [name for name, master in OFFERED.items() if not rule(master)]
    assert not broken, f"{clause} ({words}) is broken by: {', '.join(broken)}"


def test_angles_share_one_sound() -> None:
    plain = OFFERED["plain"]
    assert plain.uris == ["endoscope/video.m3u8", "overview/video.m3u8", "sound-low/audio.m3u8"]
    first = plain.variants[0]
    assert first["CODECS"] == "avc1.4d401e,mp4a.40.2"
    assert (first["RESOLUTION"], first["FRAME-RATE"], first["AUDIO"]) == ("640x360", "30.000", "sound")
    assert first["NAME"] == "Endoscope"
    (member,) = plain.groups["sound"]
    assert (member["URI"], member["CHANNELS"]) == ("sound/audio.m3u8", "2")


def test_the_programme_feed_comes_first_and_each_rung_behind_its_angle() -> None:
    assert OFFERED["full"].uris == [
        "overview/video.m3u8",
        "overview.low/video.m3u8",
        "endoscope/video.m3u8",
        "endoscope.low/video.m3u8",
        "sound-low/audio.m3u8",
    ]


def test_one_angle_keeps_its_rung_and_is_never_sound_alone() -> None:
    assert OFFERED["one angle"].uris == ["endoscope/video.m3u8", "endoscope.low/video.m3u8"]
    assert set(OFFERED["one angle"].groups) == {"sound"}


def test_interpreters_are_offered_by_language() -> None:
    for group in OFFERED["full"].groups.values():
        assert [(one["NAME"], one.get("LANGUAGE")) for one in group] == [
            ("Sound", None),
            ("Русский", "ru"),
            ("Qazaqşa", "kk-Latn"),
        ]
        assert [one["URI"] for one in group][1:] == ["russian/audio.m3u8", "kazakh/audio.m3u8"]


def test_listening_needs_no_picture() -> None:
    for name in ("listening", "listening to interpreters"):
        master = OFFERED[name]
        assert master.uris == ["sound-low/audio.m3u8"]
        assert master.variants[0]["CODECS"] == "mp4a.40.2"
    assert OFFERED["listening"].media == []
    assert len(OFFERED["listening to interpreters"].groups["low"]) == 3


def test_a_lower_rung_is_told_from_its_top_before_anything_of_it_was_coded() -> None:
    """Who joins then would be offered one size twice, and could choose only one of them."""
    studio = Studio("endoscope", low_height=120)
    studio.connect("endoscope")
    studio.connect(SOUND)
    studio.run(8)
    sizes = [one["RESOLUTION"] for one in parse_master(studio.channel.master("endoscope")).variants]
    width, height = map(int, sizes[0].split("x"))
    assert height > 120
    assert sizes[1] == f"{width * 120 // height // 2 * 2}x120"
    studio.connect("endoscope.low")
    studio.run(8)
    carried = [one["RESOLUTION"] for one in parse_master(studio.channel.master("endoscope")).variants]
    assert carried == sizes, "it carries what the top does until its own is coded"


def test_another_programme_feed_changes_the_order_alone() -> None:
    studio = Studio("endoscope", "overview")
    studio.run(2)
    before = studio.channel.playlist("endoscope")
    studio.channel.present(angles=studio.offer.angles, interpreters=(), programme="overview")
    assert parse_master(studio.channel.master()).uris[0] == "overview/video.m3u8"
    assert studio.channel.playlist("endoscope") == before


def test_titles_may_change_but_not_the_renditions() -> None:
    studio = Studio("endoscope")
    studio.channel.present(angles=[Angle("endoscope", 'The "eye"')], interpreters=(), programme=None)
    assert parse_master(studio.channel.master()).variants[0]["NAME"] == "The 'eye'"
    with pytest.raises(ValueError, match="renditions it began with"):
        studio.channel.present(angles=[Angle("other", "Other")], interpreters=(), programme=None)


def test_an_interpreters_sound_is_a_rendition_of_its_own() -> None:
    studio = Studio("endoscope", interpreters=(RUSSIAN,))
    studio.connect("russian", sound(frames=8))
    studio.run(3)
    assert studio.offer.kinds["russian"] is Kind.AUDIO
    for key in (SOUND, SOUND_LOW, "russian"):
        assert studio.rendition(key).timeline.segments
    assert studio.rendition("russian").is_live
    assert not studio.rendition(SOUND).is_live
