"""Reading programme files: what is good, and every way in which a file is not."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konsilium.programme.loading import Issue, WrongProgramme, read_programme, schema
from konsilium.programme.loading.resolve import ON_AIR_FOR, Plan
from konsilium.programme.loading.source import MOST_BYTES
from tests.programme.files import DEMO, GOOD

NOW = datetime(2026, 3, 10, 4, 30, tzinfo=UTC)
GUIDE = Path(__file__).parents[2] / "docs" / "programme-file.md"
DEMONSTRATIONS = Path(__file__).parents[2] / "src" / "konsilium" / "programme" / "demonstration"


def read(text: str | bytes, now: datetime = NOW) -> Plan:
    data = text.encode() if isinstance(text, str) else text
    return read_programme(data, file="week.yaml", now=now)


def wrong(text: str | bytes) -> list[str]:
    with pytest.raises(WrongProgramme) as caught:
        read(text)
    return [str(issue) for issue in caught.value.issues]


def test_a_good_file_has_every_slot_at_its_moment() -> None:
    plan = read(GOOD)
    assert (plan.starts_on, plan.ends_on) == (date(2026, 3, 9), date(2026, 3, 10))
    assert [(slot.part.key, slot.hall, slot.starts_at) for slot in plan.slots()] == [
        ("op", "theatre-1", datetime(2026, 3, 9, 4, 0, tzinfo=UTC)),
        ("talk", "theatre-1", datetime(2026, 3, 9, 6, 0, tzinfo=UTC)),
        ("lunch", "hall", datetime(2026, 3, 10, 8, 0, tzinfo=UTC)),
    ]
    op, talk, _lunch = plan.slots()
    assert (op.estimated, talk.estimated) == (True, False)
    assert (op.specialty, talk.specialty) == ("urology", "urology")
    assert plan.warnings == ()


def test_yaml_reads_nothing_into_plain_words() -> None:
    """YAML 1.1 takes 09:00 for 540 and the country of Norway for false."""
    text = GOOD.replace("country: GE", "country: NO").replace("title: Talk", "title: 2026")
    plan = read(text)
    assert plan.file.people[1].country == "NO"
    assert [slot.part.title for slot in plan.slots()][1] == {"en": "2026"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "time_zone: Asia/Almaty", "time_zone: Almaty",
            "week.yaml:5: congress.time_zone: “Almaty” is no time zone: write its IANA name, such as Asia/Almaty.",
        ),
        (
            "starts: 2026-03-09", "starts: tomorrow",
            "week.yaml:6: congress.starts: “tomorrow” is not a date: write 2027-05-31, or today, today+1, today-1.",
        ),
        (
            "  slug: week\n", "",
            "week.yaml:2: congress.slug: “slug” is missing: expected the word of its address, such as onko-week-2027.",
        ),
        (
            "title: Morning", "titel: Morning",
            "week.yaml:27: days[day-1].sessions[morning].titel: “titel” is not known here. Did you mean “title”?",
        ),
        (
            "hall: theatre-1", "hall: theatre-9",
            (
                "week.yaml:26: days[day-1].sessions[morning].hall: “theatre-9” is not the key of any of the halls "
                "(hall, theatre-1)."
            ),
        ),
        (
            "guest: [guest]", "guest: [gast]",
            (
                "week.yaml:30: days[day-1].sessions[morning].slots[op].people.guest[1]: “gast” is not the key of any "
                "of the people (guest, host)."
            ),
        ),
        (
            "starts: 09:00", "starts: 25:00",
            (
                "week.yaml:30: days[day-1].sessions[morning].slots[op].starts: “25:00” is not a time: write hours and "
                "minutes, such as 09:30."
            ),
        ),
        (
            "minutes: 20", "minutes: 2000",
            (
                "week.yaml:31: days[day-1].sessions[morning].slots[talk].minutes: “2000” cannot be used here: expected "
                "a whole number of minutes from 1 to 1440."
            ),
        ),
        (
            "kind: talk", "kind: lecture",
            (
                "week.yaml:31: days[day-1].sessions[morning].slots[talk].kind: “lecture” cannot be used here: expected "
                "one of talk, live, as_live, semi_live, discussion, break, ceremony."
            ),
        ),
        (
            "key: talk", "key: op",
            (
                "week.yaml:31: days[day-1].sessions[morning].slots[op].key: “op” is the key of another slot too, on "
                "line 30."
            ),
        ),
        (
            "email: org1@example.org", "email: HOST@example.org",
            (
                "week.yaml:21: members[1].email: “host@example.org” is the e-mail address of somebody else too, on "
                "line 18."
            ),
        ),
        (
            "title: Talk,", "title: {xx: Talk},",
            (
                "week.yaml:31: days[day-1].sessions[morning].slots[talk].title: “xx” is not one of the languages ru, "
                "kk, en, az, hy, be, es, vi, ka, ar, ky, lv, ro, uz."
            ),
        ),
        (
            "title: Talk,", "title: ,",
            "week.yaml:31: days[day-1].sessions[morning].slots[talk].title: The text is empty.",
        ),
        (
            "  slug: week", "  slug: week\n  slug: month",
            "week.yaml:4: congress.slug: “slug” is given twice here; the first time on line 3. Keep one of them.",
        ),
        (
            "minutes: 20,", "minutes: 20, anchor: on_air,",
            (
                "week.yaml:31: days[day-1].sessions[morning].slots[talk].anchor: Only an operation can be on air, and "
                "this is a talk."
            ),
        ),
    ],
)  # fmt: skip
def test_an_error_names_line_and_field_and_says_what_is_expected(old: str, new: str, expected: str) -> None:
    assert old in GOOD
    assert expected in wrong(GOOD.replace(old, new, 1))


def test_every_error_is_told_at_once_in_the_order_of_lines() -> None:
    text = (
        GOOD.replace("Asia/Almaty", "Almaty")
        .replace("minutes: 20", "minutes: x")
        .replace("country: GE", "country: ge")
    )
    lines = [int(issue.split(":")[1]) for issue in wrong(text)]
    assert lines == [5, 19, 31]


def test_a_session_without_any_time_is_told() -> None:
    assert wrong(GOOD.replace(" starts: 09:00,", "")) == [
        "week.yaml:25: days[day-1].sessions[morning].starts: “starts” is missing: expected a time such as 09:30."
    ]


def test_an_hour_that_clocks_skip_is_told() -> None:
    text = (
        GOOD.replace("Asia/Almaty", "Europe/Riga")
        .replace("2026-03-09", "2026-03-29")
        .replace("09:00", "03:30")
    )
    assert wrong(text) == [
        (
            "week.yaml:30: days[day-1].sessions[morning].slots[op].starts: 03:30 does not exist on 2026-03-29 in "
            "Europe/Riga: the clocks go forward there."
        ),
    ]


def test_only_a_demonstration_is_anchored() -> None:
    text = GOOD.replace("minutes: 120,", "minutes: 120, anchor: on_air,")
    assert len(wrong(text)) == 1
    assert "Only a demonstration can be anchored" in wrong(text)[0]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (GOOD.encode("utf-16"), "week.yaml:1: The file is in UTF-16. Save it as UTF-8 and load it again."),
        (
            GOOD.encode("cp1251"),
            "week.yaml:4: The file is not UTF-8. It looks like Windows-1251. Save it as UTF-8 and load it again.",
        ),
        (
            GOOD.encode("utf-16-le"),
            "week.yaml:1: The file holds zero bytes: it is not text in UTF-8. Save it as UTF-8 and load it again.",
        ),
        (
            b"# " + b"x" * 20_000_000,
            "week.yaml:1: The file has 20.0 MB; a programme file has at most 2 MB.",
        ),
        (
            GOOD.replace("  slug: week", "\tslug: week").encode(),
            "week.yaml:3: The line is indented with a tab: use spaces.",
        ),
        (b"", "week.yaml:1: The file is empty: see docs/programme-file.md for an example."),
        (b"# nothing\n", "week.yaml:1: The file is empty: see docs/programme-file.md for an example."),
        (b"- a\n", "week.yaml:1: A list stands here: expected a mapping of names to values."),
        (b"[" * 100_000, "week.yaml:1: Values are nested deeper than 20 levels."),
        (
            b"a: &x [1]\nb: *x\n",
            "week.yaml:2: Anchors and aliases (& and *) are not read here: write the value out.",
        ),
        (b"a: 1\n---\nb: 2\n", "week.yaml:2: A second document starts here (---): a programme file holds one."),
        (
            b"a: \"\x01\"\n",
            "week.yaml:1: There is a control character here that has no place in a text: remove it.",
        ),
    ],
)  # fmt: skip
def test_what_is_no_readable_file_is_said_plainly(data: bytes, expected: str) -> None:
    assert expected in wrong(data)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read(b"\xef\xbb\xbf" + GOOD.encode()).file.congress.slug == "week"


def test_an_overlap_in_a_hall_and_a_person_in_two_places_are_warnings() -> None:
    text = GOOD.replace("minutes: 20,", "minutes: 20, starts: 10:00,").replace(
        "  - key: day-2\n    slots:\n",
        "    slots:\n      - {key: other, kind: talk, hall: hall, title: Other, starts: 09:10, minutes: 10, "
        "people: {speaker: [host]}}\n  - key: day-2\n    slots:\n",
    )
    assert [str(warning) for warning in read(text).warnings] == [
        (
            "week.yaml:31: days[day-1].sessions[morning].slots[talk].starts: "
            "Overlaps with “op” in the same hall, theatre-1."
        ),
        "week.yaml:33: days[day-1].slots[other].people: “host” is also in “op” at that time, in theatre-1.",
    ]


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001 (given a zone below)
def test_whatever_the_hour_the_anchored_operation_began_twenty_minutes_ago(naive: datetime) -> None:
    now = naive.replace(tzinfo=UTC)
    plan = read(DEMO, now)
    anchored = plan.anchored()
    assert anchored is not None
    assert ON_AIR_FOR <= now - anchored.starts_at < ON_AIR_FOR + timedelta(minutes=5)
    assert anchored.starts_at.minute % 5 == 0
    op, talk, _lunch = plan.slots()
    assert talk.starts_at == op.ends_at


@pytest.mark.parametrize("file", ["congress-a.yaml", "congress-b.yaml"])
@given(moment=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)))  # noqa: DTZ001 (given a zone below)
def test_a_demonstration_has_no_fault_whatever_the_hour(file: str, moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    plan = read_programme(_demonstration(file), file=file, now=now)
    assert plan.warnings == ()
    for part in [plan.file.congress.title, *(slot.part.title for slot in plan.slots())]:
        assert set(part) == {"ru", "kk", "en"}


def test_demonstration_a_is_the_meeting_of_the_mission() -> None:
    plan = read_programme(_demonstration("congress-a.yaml"), file="a", now=NOW)
    operations = [slot for slot in plan.slots() if slot.part.kind in {"live", "as_live", "semi_live"}]
    assert len(operations) == 13
    assert len(plan.days) == 3
    assert {slot.specialty for slot in operations} == {"oncourology", "oncogynaecology", "thoracic"}
    people = {person.key: person for person in plan.file.people}
    guests = {people[key].city["en"] for slot in operations for key in slot.part.people.get("guest", [])}
    assert guests == {"Almaty", "Astana", "Tbilisi", "Saint Petersburg"}
    anchored = plan.anchored()
    assert anchored is not None
    coming = [slot.starts_at - NOW for slot in operations if slot.starts_at > NOW]
    assert min(coming) <= timedelta(minutes=60)
    delegates = [member for member in plan.file.members if member.roles == ["delegate"]]
    assert 28 <= len(delegates) <= 34
    assert all(part for slot in operations for part in slot.part.people.values())


def test_demonstration_b_has_the_faculty_of_fourteen_countries() -> None:
    plan = read_programme(_demonstration("congress-b.yaml"), file="b", now=NOW)
    assert len(plan.days) == 2
    assert {person.country for person in plan.file.people} == {
        "AU", "AZ", "AM", "BY", "BO", "VN", "GE", "YE", "KZ", "KG", "LV", "MD", "RU", "UZ",
    }  # fmt: skip
    assert {part.key for part in plan.file.specialties} == {"thyroid", "parathyroid", "net", "medullary"}


_READ: dict[str, bytes] = {}


def _demonstration(file: str) -> bytes:
    if file not in _READ:
        _READ[file] = (DEMONSTRATIONS / file).read_bytes()
    return _READ[file]


@given(st.binary(max_size=300))
def test_no_bytes_whatever_crash_the_reader(data: bytes) -> None:
    with pytest.raises(WrongProgramme):
        read(data)


@given(st.text(max_size=300))
def test_no_text_whatever_crashes_the_reader(text: str) -> None:
    with pytest.raises(WrongProgramme):
        read(text.encode("utf-8", "surrogatepass"))


LINES = GOOD.splitlines(keepends=True)
PIECES = st.sampled_from(
    [
        "",
        "x",
        "[]",
        "{}",
        "null",
        "-1",
        "1e9",
        "“”",
        "*a",
        "&a b",
        "!!python/object:os.system x",
        "\t",
        "- - -",
    ]
)


@given(
    line=st.integers(0, len(LINES) - 1),
    piece=PIECES,
    how=st.sampled_from(["drop", "value", "indent", "double"]),
)
def test_a_damaged_file_is_read_or_refused_with_its_lines(line: int, piece: str, how: str) -> None:
    lines = list(LINES)
    name, colon, _value = lines[line].partition(":")
    lines[line] = {
        "drop": "",
        "value": f"{name}{colon} {piece}\n",
        "indent": f"   {lines[line]}",
        "double": lines[line] * 2,
    }[how]
    issues = _issues_of("".join(lines))
    for issue in issues:
        assert 1 <= issue.line <= len(lines) + 2
        assert issue.message.endswith((".", "?"))
        assert "pydantic" not in issue.message


def _issues_of(text: str) -> tuple[Issue, ...]:
    try:
        read(text)
    except WrongProgramme as error:
        return error.issues
    return ()


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["format", "congress", "halls", "people", "members", "days", "sessions", "slots", "key", "title", "anchor"]
    ), inner, max_size=5), max_leaves=20,
))  # fmt: skip
def test_any_tree_of_known_names_is_refused_and_not_a_crash(tree: object) -> None:
    with pytest.raises(WrongProgramme):
        read(json.dumps(tree, ensure_ascii=False))


def test_the_limit_is_of_bytes() -> None:
    comment = "# " + "я" * (MOST_BYTES // 2)
    assert "at most 2 MB" in wrong(GOOD + comment)[0]


def test_the_example_of_the_guide_can_be_loaded() -> None:
    example = re.search(r"```yaml\n(format:.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    plan = read(example[1])
    assert plan.warnings == ()
    assert len(list(plan.slots())) >= 4


@pytest.mark.parametrize(
    "part",
    [
        schema.ProgrammeFile, schema.CongressPart, schema.SpecialtyPart, schema.HallPart, schema.PersonPart,
        schema.Account, schema.MemberPart, schema.DayPart, schema.SessionPart, schema.SlotPart, schema.LoneSlotPart,
    ],
)  # fmt: skip
def test_the_guide_names_every_field(part: type[schema.Part]) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    missing = [name for name in part.model_fields if f"`{name}`" not in guide]
    assert missing == []
