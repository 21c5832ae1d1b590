"""The translation tools, on strings made up here and on the project's own catalogues."""

from pathlib import Path

import pytest
from babel.messages.catalog import Message

from konsilium.config import i18n, messages
from konsilium.config.i18n import Key, message_faults


def _texts(extracted: i18n.Extracted) -> list[str | tuple[str | None, ...] | None]:
    return [arguments for _line, _name, arguments, _comments in extracted]


def test_python_strings_are_found() -> None:
    source = 'a = _("One")\nb = ngettext("%(n)s day", "%(n)s days", n)\nc = pgettext_lazy("verb", "open")\n'
    assert _texts(i18n.python_messages(source)) == [
        "One",
        ("%(n)s day", "%(n)s days", None),
        ("verb", "open"),
    ]


def test_template_strings_are_found() -> None:
    template = """{% load i18n %}<main>
        <h1>{% translate "On air" %}</h1>
            {% blocktranslate trimmed count n=questions|length %}{{ n }} question
            {% plural %}{{ n }} questions{% endblocktranslate %}
      <a title="{% translate 'It\\'s "here"' %}">x</a></main>"""
    found = _texts(i18n.template_messages(template))
    assert found[0] == "On air"
    assert found[1][:2] == ("%(n)s question", "%(n)s questions")  # type: ignore[index]


def test_script_strings_are_found() -> None:
    source = """
        const a: string = t("Ask …", { count: n as number });
        const b = plural(count, "{count} question", "{count} questions");
        html`<p>${t("Nobody has asked yet.")}</p>`;
        const generic = new Map<string, Array<number>>();
    """
    found = _texts(i18n.script_messages(source))
    assert "Ask …" in [text if isinstance(text, str) else text[0] for text in found if text]
    assert any(isinstance(text, tuple) and "{count} questions" in text for text in found)
    assert any("Nobody has asked yet." in (text if isinstance(text, tuple) else (text,)) for text in found)


@pytest.mark.parametrize(
    ("message", "plural", "language", "fault"),
    [
        (None, None, "ru", "not translated"),
        (Message("Stop", ""), None, "ru", "not translated"),
        (Message("Stop", "Стоп", flags=["fuzzy"]), None, "ru", "fuzzy"),
        (Message("Hello, %(name)s", "Здравствуйте"), None, "ru", "placeholders"),
        (Message("Hello", "Здравствуйте, {name}"), None, "ru", "placeholders"),
        (
            Message(("%(n)s day", "%(n)s days"), ("%(n)s день", "%(n)s дня")),
            "%(n)s days",
            "ru",
            "not translated",
        ),
        (Message(("{n} day", "{n} days"), ("{n} күн", "{k} күн")), "{n} days", "kk", "placeholders"),
        (Message("Name:", "Имя"), None, "ru", "does not end"),
    ],
)
def test_faults_are_found(message: Message | None, plural: str | None, language: str, fault: str) -> None:
    text = "Stop" if message is None else message.id if isinstance(message.id, str) else message.id[0]
    found = message_faults(message, Key("django", text), plural, language)
    assert any(fault in line for line in found), found


@pytest.mark.parametrize(
    ("message", "plural", "language"),
    [
        (Message("Hello, %(name)s", "Здравствуйте, %(name)s"), None, "ru"),
        (Message(("{n} day", "{n} days"), ("{n} день", "{n} дня", "{n} дней")), "{n} days", "ru"),
        (Message(("one day", "{n} days"), ("бір күн", "{n} күн")), "{n} days", "kk"),
    ],
)
def test_whole_translations_have_no_fault(message: Message, plural: str | None, language: str) -> None:
    text = message.id if isinstance(message.id, str) else message.id[0]
    assert message_faults(message, Key("django", text), plural, language) == []


def test_update_keeps_what_was_translated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "LOCALE", tmp_path)
    collection = i18n.Collection()
    place = i18n.ROOT / "src" / "x.py"
    collection.add(Key("django", "Stop"), None, place, 1)
    collection.add(Key("django", "%(n)s day"), "%(n)s days", place, 2)
    collection.add(Key("djangojs", "Ask"), None, place, 3)
    monkeypatch.setattr(i18n, "collect", lambda: collection)
    i18n.update()
    assert len(i18n.faults()) == 6
    for language, forms in (
        ("ru", ("%(n)s день", "%(n)s дня", "%(n)s дней")),
        ("kk", ("%(n)s күн", "%(n)s күн")),
    ):
        for domain in i18n.DOMAINS:
            catalogue = i18n.read_catalogue(language, domain)
            for message in catalogue:
                if message.id:
                    message.string = forms if message.pluralizable else "x"
            i18n._write_catalogue(i18n.catalogue_path(language, domain), catalogue)
    assert i18n.faults() == []
    before = i18n.catalogue_path("ru", "django").read_text()
    i18n.update()
    assert i18n.catalogue_path("ru", "django").read_text() == before
    del collection.messages[Key("django", "Stop")]
    assert any("no longer used" in fault for fault in i18n.faults())


def test_compiled_messages_reach_the_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "LOCALE", tmp_path)
    monkeypatch.setattr(messages, "LOCALE", tmp_path)
    folder = tmp_path / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "djangojs.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 &&'
        ' (n%100<10 || n%100>=20) ? 1 : 2);\\n"\n\n'
        'msgid "Ask"\nmsgstr "Спросить"\n\nmsgid "{count} question"\nmsgid_plural "{count} questions"\n'
        'msgstr[0] "{count} вопрос"\nmsgstr[1] "{count} вопроса"\nmsgstr[2] "{count} вопросов"\n'
    )
    i18n.compile_catalogues()
    messages.messages_for.cache_clear()
    assert messages.messages_for("ru") == {
        "Ask": "Спросить",
        "{count} question": ["{count} вопрос", "{count} вопроса", "{count} вопросов"],
    }
    assert messages.messages_for("en") == {}
    messages.messages_for.cache_clear()


def test_every_string_is_translated() -> None:
    assert i18n.faults() == []
