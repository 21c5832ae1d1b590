import json
import logging

import pytest
from django.test import Client, RequestFactory, override_settings

from konsilium.config.logs import JsonFormatter, without_secrets
from konsilium.config.options import Options
from konsilium.foundation import rates
from konsilium.foundation.ids import new_id

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_healthz_answers_without_signing_in(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_every_page_has_a_policy_without_anything_inline(client: Client) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_language_is_chosen_with_one_tap_and_kept(client: Client) -> None:
    for language, word in (("kk", "Кіру"), ("ru", "Войти"), ("en", "Sign in")):
        response = client.post("/preferences/", {"language": language, "next": "/now/"})
        assert (response.status_code, response.headers["Location"]) == (302, "/now/")
        assert word in client.get("/").content.decode()


def test_preferences_never_lead_to_another_site(client: Client) -> None:
    response = client.post("/preferences/", {"theme": "dark", "next": "https://example.org/"})
    assert response.headers["Location"] == "/"
    assert response.cookies["konsilium_theme"].value == "dark"


def test_an_unknown_preference_is_not_kept(client: Client) -> None:
    response = client.post("/preferences/", {"theme": "pink", "language": "xx", "time_zone": "Mars/Olympus"})
    assert not response.cookies


def test_writing_without_end_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "WRITES_PER_ADDRESS", 3)
    answers = [client.post("/preferences/", REMOTE_ADDR="192.0.2.7").status_code for _ in range(4)]
    assert answers == [302, 302, 302, 429]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (2, "203.0.113.9, 198.51.100.2", "203.0.113.9"),
    ],
)
def test_a_forged_forwarding_header_does_not_change_the_address(
    proxies: int, forwarded: str, address: str
) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forwarded})
    with override_settings(OPTIONS=Options(proxies=proxies)):
        assert rates.address_of(request) == address


def test_logs_hold_no_secret() -> None:
    record = logging.LogRecord(
        "x", logging.INFO, "f", 1, "open srt://h:1?passphrase=%s&mode=caller", ("geheim",), None
    )
    line = json.loads(JsonFormatter().format(record))
    assert "geheim" not in line["message"]
    assert line["message"].endswith("passphrase=…&mode=caller")
    assert without_secrets("GET /x?token=abc") == "GET /x?token=…"


def test_a_sign_in_link_is_not_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="konsilium.request"):
        client.get("/people/enter/a-token-nobody-may-read/")
    paths = [vars(record)["path"] for record in caplog.records if record.name == "konsilium.request"]
    assert paths == ["/people/enter/…/"]


def test_ids_sort_by_the_time_they_were_made() -> None:
    made = [new_id() for _ in range(3)]
    assert {(identifier.version, identifier.variant) for identifier in made} == {(7, "specified in RFC 4122")}
    assert [identifier.int >> 80 for identifier in made] == sorted(
        identifier.int >> 80 for identifier in made
    )
