"""Log-in by mail: the same for all until the mail is read; a link, or a code in the browser that asked (EN-3, SE-8, TH-1)."""

from dataclasses import replace

import pytest

from chalicelib.audit.trail import Source
from chalicelib.errors import Invalid, SlowDown, TicketRefused
from chalicelib.users.user import User
from chalicelib.wiring import Services
from cupbearer.testing import SOURCE, AppUnderTest
from tests.support import mailed
from tests.support.watching import AWAY, watched

ADDRESS = "ann@example.com"
BROWSER = "the secret of a browser"


@pytest.fixture
def services(cupbearer: AppUnderTest) -> Services:
    return cupbearer.services


@pytest.fixture
def ann(cupbearer: AppUnderTest) -> User:
    return mailed.with_address(cupbearer, "ann", ADDRESS)[0]


def ask(services: Services, address: str = ADDRESS, browser: str = BROWSER, source: Source = SOURCE) -> None:
    services.ways_back.email_log_in.ask(address, browser=browser, source=source)


def asked(services: Services, address: str = ADDRESS, browser: str = BROWSER) -> mailed.Received:
    (mail,) = mailed.caused(services, lambda: ask(services, address, browser))
    return mail


def by_code(services: Services, typed: str, browser: str | None = BROWSER, address: str = ADDRESS) -> str:
    log_in = services.ways_back.email_log_in
    return log_in.with_code(address, typed, browser=browser, source=SOURCE).user.user_id


def test_the_link_begins_a_session_once(services: Services, ann: User) -> None:
    """ST-2."""
    text = asked(services).ticket
    begun = services.ways_back.email_log_in.with_link(text, source=SOURCE)
    live = services.authentication.sessions.require_live(ann.user_id, begun.session_id)
    assert live.session.amr == ("email",)
    with pytest.raises(TicketRefused):
        services.ways_back.email_log_in.with_link(text, source=SOURCE)


def test_the_code_does_so_in_the_browser_that_asked(services: Services, ann: User) -> None:
    """SE-8."""
    code = asked(services).code
    for other in (None, "another browser"):
        with pytest.raises(Invalid):
            by_code(services, code, other)
    assert by_code(services, code) == ann.user_id
    with pytest.raises(Invalid):
        by_code(services, code)


def test_looking_at_a_link_spends_nothing(services: Services, ann: User) -> None:
    """PW-7: mail scanners look."""
    text = asked(services).ticket
    for _ in range(3):
        _, user = services.ways_back.email_log_in.read(text)
        assert user is not None
        assert user.user_id == ann.user_id
    assert services.ways_back.email_log_in.with_link(text, source=SOURCE)


def test_an_unknown_address_gets_nothing_and_costs_the_same(
    cupbearer: AppUnderTest, services: Services, ann: User
) -> None:
    """EN-3: asking, and typing codes."""
    signed_in, _ = cupbearer.sign_up(username="ben")
    services.accounts.users.change(
        signed_in.user.user_id, lambda user: replace(user, email="ben@example.com")
    )
    seen = watched(cupbearer)
    found = set()
    for address in (ADDRESS, "nobody@example.com", "ben@example.com"):
        prices = []
        for _ in range(7):
            seen.line.requests, seen.line.writes = 0, []
            ask(seen.services, address, source=AWAY)
            prices.append((seen.line.requests, tuple(seen.line.writes)))
        for _ in range(3):
            seen.line.requests = 0
            with pytest.raises(Invalid):
                by_code(seen.services, "000000", address=address)
            prices.append((seen.line.requests, ()))
        found.add(tuple(prices))
    assert len(found) == 1
    assert {each.mail.to for each in mailed.mails(services)} == {ADDRESS}


def test_wrong_codes_are_counted_by_address_known_or_not(services: Services, ann: User) -> None:
    """TH-1, EN-3: and a new mail brings no new guesses; the link stays open (TH-5)."""
    for address in (ADDRESS, "nobody@example.com"):
        ask(services, address)
        for turn in range(10):
            if turn == 5:
                ask(services, address)
            with pytest.raises(Invalid):
                by_code(services, "000000", address=address)
        with pytest.raises(SlowDown):
            by_code(services, "000000", address=address)
    received = asked(services)
    with pytest.raises(SlowDown):
        by_code(services, received.code)
    assert services.ways_back.email_log_in.with_link(received.ticket, source=SOURCE)


def test_it_ends_with_what_changes_since(cupbearer: AppUnderTest, services: Services, ann: User) -> None:
    """PW-7."""
    text = asked(services).ticket
    services.accounts.administration.set_password(ann.user_id, new="by the operator", source=SOURCE)
    with pytest.raises(TicketRefused):
        services.ways_back.email_log_in.with_link(text, source=SOURCE)
    text = asked(services).ticket
    services.ways_back.email_verification.set_by_operator(
        ann.user_id, address="new@example.com", source=SOURCE
    )
    with pytest.raises(TicketRefused):
        services.ways_back.email_log_in.with_link(text, source=SOURCE)
    text = asked(services, "new@example.com").ticket
    cupbearer.clock.advance(600)
    with pytest.raises(TicketRefused):
        services.ways_back.email_log_in.with_link(text, source=SOURCE)


def test_a_disabled_account_gets_no_mail_and_its_link_opens_nothing(services: Services, ann: User) -> None:
    text = asked(services).ticket
    services.accounts.administration.administer(ann.user_id, disabled=True, source=SOURCE)
    with pytest.raises(TicketRefused):
        services.ways_back.email_log_in.with_link(text, source=SOURCE)
    assert mailed.caused(services, lambda: ask(services)) == []
