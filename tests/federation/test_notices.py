"""People are told by mail when a provider is linked to their account, by hand or by rule, and when one is removed (MF-3)."""

from collections.abc import Callable

import pytest

from chalicelib.accounts.notice_words import WORDS
from chalicelib.audit.trail import Source
from chalicelib.errors import InvalidToken
from chalicelib.federation.profile import Person
from chalicelib.sessions.session import LiveSession
from chalicelib.wiring import Services
from cupbearer.testing import SOURCE
from tests.federation.in_process import Browser
from tests.federation.issuer import Issuer
from tests.federation.visits import log_in
from tests.support import mailed

ADDRESS = "pat@example.com"


@pytest.fixture
def pat(browser: Browser, services: Services) -> LiveSession:
    """A person with a password and a proven address, logged in."""
    made = browser.sign_up("patricia")
    user_id = made["user"]["user_id"]
    services.ways_back.email_verification.set_by_operator(user_id, address=ADDRESS, source=SOURCE)
    return services.authentication.sessions.require_live(user_id, made["session_id"])


def told(services: Services, act: Callable[[], object]) -> list[tuple[str, str]]:
    """To whom the notices of an act go, and their subject."""
    before = mailed.lines(services)
    act()
    new = [mail for mail in mailed.lines(services) if mail not in before and mail.kind == "notice"]
    assert all(
        "Elsewhere" in mail.values["what"] for mail in new if "way to log in" in mail.values["subject"]
    )
    return [(mail.to, mail.values["subject"]) for mail in new]


def link(services: Services, live: LiveSession) -> None:
    person = Person(provider="elsewhere", issuer="https://elsewhere.example.com", sub="pat-there")
    services.federation.identities.link(live, person, source=Source())


def unlink(services: Services, live: LiveSession) -> None:
    (identity,) = services.accounts.users.require(live.user.user_id).identities
    services.federation.identities.unlink(live, identity.identity_id, source=Source())


def test_one_that_is_linked_by_hand_is_told_once(services: Services, pat: LiveSession) -> None:
    assert told(services, lambda: link(services, pat)) == [(ADDRESS, WORDS["identity_linked"].subject)]
    assert told(services, lambda: link(services, pat)) == [], "nothing was done the second time"


def test_one_that_is_removed_is_told(services: Services, pat: LiveSession) -> None:
    link(services, pat)
    assert told(services, lambda: unlink(services, pat)) == [(ADDRESS, WORDS["identity_unlinked"].subject)]


def test_one_that_is_linked_by_its_verified_address_is_told(
    browser: Browser, elsewhere: Issuer, services: Services, pat: LiveSession
) -> None:
    notices = told(services, lambda: log_in(browser, elsewhere))
    assert (ADDRESS, WORDS["identity_linked"].subject) in notices
    assert told(services, lambda: log_in(browser, elsewhere)) == [], "linked already"


def test_an_account_that_is_made_by_a_first_log_in_is_told_nothing(
    browser: Browser, elsewhere: Issuer, services: Services
) -> None:
    assert told(services, lambda: log_in(browser, elsewhere)) == []


def test_what_is_refused_is_told_to_nobody(services: Services, pat: LiveSession) -> None:
    """DL-2: the mail is a write of the act's own commit."""
    link(services, pat)
    services.accounts.users.change(pat.user.user_id, lambda user: user.with_sessions_ended("revoked"))
    with pytest.raises(InvalidToken):
        unlink(services, pat)
    assert WORDS["identity_unlinked"].subject not in [
        mail.values.get("subject") for mail in mailed.lines(services)
    ]
