"""A question on its way from a delegate to the board in the theatre and back, through the real pages."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter


def ask(page: Page, text: str) -> None:
    page.locator("#ask").fill(text)
    page.locator(".ask-send").click()


def card(page: Page, text: str) -> str:
    """The id of the question with this text, once the page shows it."""
    found = page.locator("[data-question]", has_text=text).first
    expect(found).to_be_visible()
    return str(found.get_attribute("data-question"))


def press_until_shown(board: Page, text: str) -> None:
    """Turn the board over until it shows the question; earlier tests may have left others in the queue."""
    for _ in range(20):
        if board.locator(".board-text").inner_text() == text:
            return
        board.locator("[data-act='question.defer']").click()
        board.wait_for_timeout(300)
    raise AssertionError(f"the board never showed “{text}”: {board.locator('.board-text').inner_text()}")


@pytest.mark.parametrize(
    ("language", "asked", "answering"),
    [
        ("en", "Is the posterior branch clipped separately?", "Being answered"),
        ("ru", "Клипируется ли задняя ветвь отдельно?", "Сейчас отвечают"),
        ("kk", "Артқы тармақ бөлек қысыла ма?", "Жауап беріліп жатыр"),
    ],
    ids=["en", "ru", "kk"],
)
def test_from_the_delegate_to_the_board_and_back(
    enter: Enter, operation: str, language: str, asked: str, answering: str
) -> None:
    text = f"{asked} {uuid4().hex[:6]}"
    delegate, second = enter("delegate", language=language), enter("second_delegate", language=language)
    moderator, surgeon = enter("moderator", language=language), enter("surgeon", language=language)
    for page, place in ((delegate, "live/"), (second, "live/"), (moderator, "desk/"), (surgeon, "board/")):
        page.goto(operation + place)
        expect(page.locator("html")).to_have_attribute("lang", language)

    ask(delegate, text)
    question = card(delegate, text)
    on_desk = moderator.locator(f".desk-card[data-question='{question}']")
    expect(on_desk).to_be_visible()
    expect(second.locator("body")).not_to_contain_text(text)
    expect(surgeon.locator("body")).not_to_contain_text(text)

    on_desk.locator("[data-act='question.approve']").click()
    expect(second.locator(f"[data-question='{question}']")).to_have_attribute("data-state", "approved")
    press_until_shown(surgeon, text)

    surgeon.locator("[data-act='question.answer']").click()
    for page in (delegate, second):
        expect(page.locator(f"[data-question='{question}'][data-state='answering']")).to_be_visible()
        expect(page.locator(".question-answering")).to_contain_text(answering)

    surgeon.locator("[data-act='question.finish']").click()
    for page in (delegate, second):
        expect(page.locator(f"[data-question='{question}']")).to_have_attribute("data-state", "answered")


def test_a_dismissed_question_never_reaches_the_others_and_comes_back_with_undo(
    enter: Enter, operation: str
) -> None:
    text = f"Is this for everybody's ears? {uuid4().hex[:6]}"
    delegate, second, moderator = enter("delegate"), enter("second_delegate"), enter("moderator")
    delegate.goto(operation + "live/")
    second.goto(operation + "live/")
    moderator.goto(operation + "desk/")
    ask(delegate, text)
    question = card(moderator, text)
    moderator.locator(f".desk-card[data-question='{question}'] [data-act='question.dismiss']").click()
    expect(moderator.locator(".undo-bar")).to_be_visible()
    moderator.locator(".undo-bar button").click()
    on_desk = moderator.locator(f".desk-card[data-question='{question}'][data-state='asked']")
    expect(on_desk).to_be_visible()
    on_desk.locator("[data-act='question.dismiss']").click()
    expect(on_desk).to_have_count(0)
    expect(second.locator("body")).not_to_contain_text(text)


def test_a_double_click_and_a_second_tab_ask_once(enter: Enter, operation: str) -> None:
    text = f"Asked in a hurry? {uuid4().hex[:6]}"
    delegate, moderator = enter("second_delegate"), enter("moderator")
    moderator.goto(operation + "desk/")
    delegate.goto(operation + "live/")
    tab = delegate.context.new_page()
    tab.goto(operation + "live/")
    delegate.locator("#ask").fill(text)
    delegate.locator(".ask-send").dblclick()
    expect(tab.locator("[data-question]", has_text=text)).to_have_count(1)
    expect(moderator.locator(".desk-card[data-question]", has_text=text)).to_have_count(1)
    delegate.reload()
    expect(delegate.locator("[data-question]", has_text=text)).to_have_count(1)


def test_what_was_typed_survives_a_reload(enter: Enter, operation: str) -> None:
    delegate = enter("delegate")
    delegate.goto(operation + "live/")
    delegate.locator("#ask").fill("Half a thought about the")
    delegate.reload()
    expect(delegate.locator("#ask")).to_have_value("Half a thought about the")
    delegate.locator("#ask").fill("")


def test_a_question_sent_without_a_link_arrives_when_the_link_is_back(enter: Enter, operation: str) -> None:
    text = f"Typed in the lift? {uuid4().hex[:6]}"
    delegate, moderator = enter("delegate"), enter("moderator")
    moderator.goto(operation + "desk/")
    delegate.goto(operation + "live/")
    expect(delegate.locator("#ask")).to_be_visible()
    delegate.context.set_offline(True)
    ask(delegate, text)
    expect(delegate.locator("[data-state='sending']")).to_contain_text(text)
    delegate.context.set_offline(False)
    expect(moderator.locator(".desk-card[data-question]", has_text=text)).to_have_count(1)


def test_quiet_empties_the_board_until_the_theatre_is_ready(enter: Enter, operation: str) -> None:
    text = f"May I ask now? {uuid4().hex[:6]}"
    # Another person than in most tests: nobody may ask more than five questions in three minutes.
    delegate, moderator, surgeon = enter("second_delegate"), enter("moderator"), enter("surgeon")
    delegate.goto(operation + "live/")
    moderator.goto(operation + "desk/")
    surgeon.goto(operation + "board/")
    surgeon.locator("[data-act='quiet.set']").click()
    expect(delegate.locator(".notice-warning")).to_be_visible()
    ask(delegate, text)
    question = card(moderator, text)
    moderator.locator(f".desk-card[data-question='{question}'] [data-act='question.approve']").click()
    expect(delegate.locator(f"[data-question='{question}']")).to_have_attribute("data-state", "approved")
    expect(surgeon.locator("body")).not_to_contain_text(text)
    surgeon.locator("[data-act='quiet.clear']").click()
    expect(surgeon.locator("article[data-question]")).to_be_visible()
    press_until_shown(surgeon, text)
