"""PW-7, MF-2: the mailbox alone opens nothing of who has a second factor."""

from typing import Any

import pytest

from chalicelib.credentials.factor_answers import FactorAnswer
from chalicelib.credentials.factor_refusals import SecondFactorRefused, SecondFactorRequired
from chalicelib.errors import Invalid, TicketRefused
from cupbearer.testing import SOURCE, AppUnderTest
from tests.support import mailed
from tests.support.factor_people import Person, person
from tests.support.overtaken import overtaken

ADDRESS = "zoe@example.com"
NEW = "another long phrase"


@pytest.fixture
def zoe(cupbearer: AppUnderTest) -> Person:
    """Somebody with a verified address and an authenticator app."""
    found = person(cupbearer, username="zoe").with_totp()
    cupbearer.services.ways_back.email_verification.set_by_operator(
        found.user_id, address=ADDRESS, source=SOURCE
    )
    return found


@pytest.fixture
def text(zoe: Person) -> str:
    zoe.services.ways_back.password_reset.ask("zoe", source=SOURCE)
    return mailed.last(zoe.services, "reset_password").ticket


def reset(zoe: Person, text: str, new: str = NEW, **given: Any) -> None:
    answer = FactorAnswer(**given) if given else None
    zoe.services.ways_back.password_reset.set_password(text, new=new, answer=answer, source=SOURCE)


def is_changed(zoe: Person) -> bool:
    user = zoe.services.accounts.users.require(zoe.user_id)
    return bool(zoe.services.credentials.passwords.verify(NEW, user.password).ok)


def test_a_reset_without_it_changes_nothing_and_the_link_stays_good(zoe: Person, text: str) -> None:
    with pytest.raises(SecondFactorRequired) as required:
        reset(zoe, text)
    assert (required.value.kinds, required.value.pending_token) == (("totp",), None)
    assert not is_changed(zoe)
    reset(zoe, text, totp=zoe.code())
    assert is_changed(zoe)


def test_a_wrong_one_changes_nothing(zoe: Person, text: str) -> None:
    with pytest.raises(SecondFactorRefused):
        reset(zoe, text, totp="000000")
    assert not is_changed(zoe)


def test_a_recovery_code_does_it_too_and_is_spent(zoe: Person, text: str) -> None:
    code, *_ = zoe.recovery_codes()
    zoe.services.ways_back.password_reset.ask("zoe", source=SOURCE)
    text = mailed.last(zoe.services, "reset_password").ticket
    reset(zoe, text, recovery_code=code)
    assert is_changed(zoe)
    with pytest.raises(SecondFactorRefused):
        zoe.finish(Person(zoe.under_test, zoe.signed_in, NEW).pending(), recovery_code=code)


def test_a_code_counts_once_here_or_at_a_log_in(zoe: Person, text: str) -> None:
    """MF-1."""
    code = zoe.code()
    zoe.finish(zoe.pending(), totp=code)
    with pytest.raises(SecondFactorRefused):
        reset(zoe, text, totp=code)
    assert not is_changed(zoe)


def test_a_weak_password_spends_no_code(zoe: Person, text: str) -> None:
    with pytest.raises(Invalid):
        reset(zoe, text, "short", totp=zoe.code())
    reset(zoe, text, totp=zoe.code())


def test_who_adds_a_factor_at_this_moment_is_asked_for_it(cupbearer: AppUnderTest) -> None:
    """Without luck: it was not there when the reset began."""
    ann = person(cupbearer, username="ann")
    verification = cupbearer.services.ways_back.email_verification
    verification.set_by_operator(ann.user_id, address="ann@example.com", source=SOURCE)
    cupbearer.services.ways_back.password_reset.ask("ann", source=SOURCE)
    text = mailed.last(cupbearer.services, "reset_password").ticket
    with pytest.raises((SecondFactorRequired, TicketRefused)):
        overtaken(cupbearer.services, ann.with_totp).ways_back.password_reset.set_password(
            text, new=NEW, source=SOURCE
        )
    assert not is_changed(ann)


def test_a_log_in_by_mail_asks_for_it(zoe: Person) -> None:
    """MF-2: and the link is spent by what it gave."""
    log_in = zoe.services.ways_back.email_log_in
    log_in.ask(ADDRESS, browser="b", source=SOURCE)
    received = mailed.last(zoe.services, "log_in")
    with pytest.raises(SecondFactorRequired) as required:
        log_in.with_code(ADDRESS, received.code, browser="b", source=SOURCE)
    with pytest.raises(TicketRefused):
        log_in.with_link(received.ticket, source=SOURCE)
    token = required.value.pending_token
    assert token
    signed_in = zoe.finish(token, totp=zoe.code())
    live = zoe.services.authentication.sessions.require_live(zoe.user_id, signed_in.session_id)
    assert live.session.amr == ("email", "otp", "mfa")
