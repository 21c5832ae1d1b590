"""The tags that every template uses."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings
from django.template import engines
from django.template.loader import render_to_string
from django.test import override_settings
from django.utils import timezone, translation

from konsilium.foundation.assets import Files, files_of
from konsilium.foundation.templatetags.konsilium import KINDS, initials, place_of_zone

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
MOMENT = datetime(2026, 11, 22, 5, 40, tzinfo=UTC)
IN_ALMATY = 'datetime="2026-11-22T10:40:00+05:00"'


def rendered(text: str, **context: object) -> str:
    return engines["django"].from_string("{% load konsilium %}" + text).render(context)


@pytest.fixture
def built(tmp_path: Path, settings: LazySettings) -> None:
    manifest = {
        "icons/sprite.svg": {"file": "assets/sprite-1.svg"},
        "styles/site.css": {"file": "assets/site-1.css", "isEntry": True},
        "room/live.ts": {
            "file": "assets/live-1.js",
            "css": ["assets/live-1.css"],
            "imports": ["_store.js", "_lit.js"],
            "isEntry": True,
        },
        "_store.js": {"file": "assets/store-1.js", "imports": ["_lit.js"]},
        "_lit.js": {"file": "assets/lit-1.js"},
    }
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    settings.VITE_MANIFEST = path


def test_an_entry_brings_what_it_imports_each_once(built: None) -> None:
    assert files_of("room/live.ts") == Files(
        styles=["/static/assets/live-1.css"],
        scripts=["/static/assets/live-1.js"],
        preloads=["/static/assets/lit-1.js", "/static/assets/store-1.js"],
    )


def test_vite_writes_links_and_module_scripts(built: None) -> None:
    assert rendered('{% vite "styles/site.css" "room/live.ts" %}').splitlines() == [
        '<link rel="stylesheet" href="/static/assets/site-1.css">',
        '<link rel="stylesheet" href="/static/assets/live-1.css">',
        '<link rel="modulepreload" href="/static/assets/lit-1.js">',
        '<link rel="modulepreload" href="/static/assets/store-1.js">',
        '<script type="module" src="/static/assets/live-1.js"></script>',
    ]


def test_a_new_build_is_read_without_a_restart(tmp_path: Path, settings: LazySettings) -> None:
    settings.VITE_MANIFEST = tmp_path / "manifest.json"
    assert rendered('{% vite "styles/site.css" %}') == ""
    settings.VITE_MANIFEST.write_text('{"styles/site.css": {"file": "assets/site-2.css"}}', encoding="utf-8")
    assert (
        rendered('{% vite "styles/site.css" %}') == '<link rel="stylesheet" href="/static/assets/site-2.css">'
    )


def test_an_icon_without_a_label_is_hidden_from_screen_readers(built: None) -> None:
    assert rendered('{% icon "mic" %}') == (
        '<svg class="icon" aria-hidden="true"><use href="/static/assets/sprite-1.svg#mic"></use></svg>'
    )


def test_a_label_is_escaped(built: None) -> None:
    assert 'aria-label="&quot;&gt;&lt;b&gt;"' in rendered('{% icon "mic" label %}', label='"><b>')


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("moment", f'<time class="time" {IN_ALMATY}>10:40</time>'),
        (
            'moment "time" True',
            f'<time class="time" {IN_ALMATY} title="Estimated">≈\u00a010:40</time>',
        ),
        (
            'moment "time" False "Asia/Tbilisi"',
            f'<time class="time" {IN_ALMATY} title="09:40 in Tbilisi">10:40</time>',
        ),
        (
            'moment "time" False "Pacific/Honolulu"',
            f'<time class="time" {IN_ALMATY} title="21 November, 19:40 in Honolulu">10:40</time>',
        ),
        (
            'moment "time" False "Asia/Qyzylorda"',
            f'<time class="time" {IN_ALMATY}>10:40</time>',
        ),
        ("nothing", ""),
    ],
)
def test_a_time_is_the_readers_with_the_congresss_beside_it(arguments: str, expected: str) -> None:
    with timezone.override(ZoneInfo("Asia/Almaty")), translation.override("en"):
        assert rendered(f"{{% local_time {arguments} %}}", moment=MOMENT, nothing=None) == expected


def test_a_zone_is_named_by_its_city_in_the_readers_language() -> None:
    assert [place_of_zone("Asia/Almaty", language) for language in ("en", "ru", "kk")] == [
        "Almaty",
        "Алматы",
        "Алматы",
    ]


def test_a_zone_nobody_knows_is_shown_as_it_is() -> None:
    assert place_of_zone("Mars/Olympus_Mons", "en") == "Olympus Mons"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Айгүл Серікқызы Омарова", "АО"),
        ("Dr. Nino Beridze", "NB"),
        ("Сидоров-Петров Иван", "СИ"),
        ("a.sokolova@example.org", "A"),
        ("", ""),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_every_kind_of_slot_is_written_out(built: None) -> None:
    with translation.override("en"):
        for name, (_, word) in KINDS.items():
            assert str(word) in rendered("{% kind name %}", name=name)


def icon_names() -> set[str]:
    listed = (ROOT / "frontend/icons/names.ts").read_text(encoding="utf-8")
    return set(re.findall(r'^\t"([\w-]+)",$', listed, re.MULTILINE))


def test_every_icon_of_a_template_is_in_the_sprite() -> None:
    used = {
        (name, path.name)
        for path in (ROOT / "src").rglob("templates/**/*.html")
        for name in re.findall(r'{% icon "([\w-]+)"', path.read_text(encoding="utf-8"))
    } | {(symbol, "KINDS") for symbol, _ in KINDS.values()}
    assert used
    assert {pair for pair in used if pair[0] not in icon_names()} == set()


def test_no_template_has_a_style_or_script_that_the_security_policy_refuses() -> None:
    refused = re.compile(
        r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\b(src|type=\"application/json\"))", re.IGNORECASE
    )
    found = {
        path.name
        for path in (ROOT / "src").rglob("templates/**/*.html")
        if refused.search(path.read_text(encoding="utf-8"))
    }
    assert found == set()


@override_settings(ROOT_URLCONF="konsilium.config.urls")
@pytest.mark.parametrize("name", ["400.html", "403.html", "404.html", "429.html", "500.html", "refused.html"])
def test_an_error_page_says_what_happened_what_is_safe_and_what_to_do(name: str) -> None:
    with translation.override("en"):
        page = render_to_string(name)  # the 500 page is rendered without any context
    for heading in ("What happened", "What is safe", "What to do"):
        assert heading in page
