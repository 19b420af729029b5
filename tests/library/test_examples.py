"""The lines of README.md and docs/library.md, as a reader copies them, on another site than the service (LI-7)."""

import pytest

pytest.importorskip("playwright")

from tests.library import sites
from tests.library.visitor import Visitor, run
from tests.support.documents import block

PAGE = 'const show = () => {}; const button = document.body.appendChild(document.createElement("button"));\n'


def test_the_two_lines_of_the_readme_log_somebody_in(stranger: Visitor) -> None:
    sites.EXAMPLES["/readme/"] = block("README.md#log-in-for-your-front-end-1")
    page = stranger.log_in("/readme/")
    assert page.url == stranger.address("/readme/")
    assert run(page, "cupbearer.user()")["preferred_username"] == stranger.name


def test_the_lines_of_the_documents_do_what_they_say(stranger: Visitor) -> None:
    first, then = (
        block("docs/library.md#the-browser-library-1"),
        block("docs/library.md#the-browser-library-2"),
    )
    imported, rest = first.split("\n", 1)
    answered = "\nglobalThis.answered = [user, answer.status];\n"
    sites.EXAMPLES["/docs/"] = f"{imported}\n{PAGE}{rest}{then}{answered}"
    page = stranger.open("/docs/", state="out")
    assert page.evaluate("answered") == [None, 200]
    page.locator("button").click()
    page.locator("#f-password").wait_for()
