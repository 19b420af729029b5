"""People are told by mail of what happened at their account, with one link that ends all sessions (PW-6)."""

import pytest

from chalicelib.accounts.notices import NOTICES
from chalicelib.audit.trail import Source
from chalicelib.errors import RefreshRefused
from chalicelib.wiring import Services
from cupbearer.testing import SOURCE, AppUnderTest
from tests.support import mailed
from tests.support.watching import log_in

ADDRESS = "ann@example.com"
HOME, AWAY = Source(ip="192.0.2.7", user_agent="her browser"), Source(ip="198.51.100.9", user_agent="another")


@pytest.fixture
def services(cupbearer: AppUnderTest) -> Services:
    return cupbearer.services


def subjects(services: Services) -> list[str]:
    return [each.mail.values["subject"] for each in mailed.mails(services, ADDRESS)]


def test_a_log_in_from_another_network_is_told_once_and_one_from_home_never(
    cupbearer: AppUnderTest, services: Services
) -> None:
    _, password = mailed.with_address(cupbearer, "ann", ADDRESS)
    for source in (SOURCE, HOME, HOME, SOURCE):  # the first network of all is nothing new
        log_in(cupbearer, "ann", password, source)
    assert subjects(services) == []
    for _ in range(2):
        log_in(cupbearer, "ann", password, AWAY)
    assert subjects(services) == [NOTICES["new_network"][0]]
    values = mailed.last(services, "notice").mail.values
    assert (values["where"], values["device"]) == (AWAY.ip, AWAY.user_agent)


def test_a_refused_log_in_is_told_to_nobody(cupbearer: AppUnderTest, services: Services) -> None:
    _, password = mailed.with_address(cupbearer, "ann", ADDRESS)
    log_in(cupbearer, "ann", password, HOME)
    with pytest.raises(Exception, match="wrong"):
        log_in(cupbearer, "ann", "a wrong but long phrase", AWAY)
    assert subjects(services) == []


def test_its_link_ends_the_session_that_it_tells_of(cupbearer: AppUnderTest, services: Services) -> None:
    _, password = mailed.with_address(cupbearer, "ann", ADDRESS)
    log_in(cupbearer, "ann", password, HOME)
    thief = log_in(cupbearer, "ann", password, AWAY)
    services.ways_back.notices.end_sessions(mailed.last(services, "notice").ticket, source=SOURCE)
    with pytest.raises(RefreshRefused):
        services.authentication.log_in.refresh(thief.refresh_token, source=AWAY)


def test_a_changed_password_is_told_whoever_changed_it(cupbearer: AppUnderTest, services: Services) -> None:
    """PW-6: and not where an operator is."""
    user, password = mailed.with_address(cupbearer, "ann", ADDRESS)
    live = services.authentication.sessions.require_live(
        user.user_id, log_in(cupbearer, "ann", password).session_id
    )
    services.accounts.self_service.change_password(
        live, current=password, new="another long phrase", source=HOME
    )
    services.accounts.administration.set_password(user.user_id, new="by the operator", source=AWAY)
    found = [each.mail.values for each in mailed.mails(services, ADDRESS)]
    assert {values["subject"] for values in found} == {NOTICES["password_changed"][0]}
    assert {values["where"] for values in found} == {HOME.ip, ""}


def test_a_deleted_account_is_told_without_a_link(cupbearer: AppUnderTest, services: Services) -> None:
    user, _ = mailed.with_address(cupbearer, "ann", ADDRESS)
    services.accounts.administration.delete(user.user_id, source=AWAY)
    (received,) = mailed.mails(services, ADDRESS)
    assert (received.mail.values["subject"], received.mail.ticket) == (NOTICES["account_deleted"][0], None)


@pytest.mark.parametrize("what", NOTICES)
def test_who_has_no_proven_address_is_told_nothing(
    cupbearer: AppUnderTest, services: Services, what: str
) -> None:
    signed_in, _ = cupbearer.sign_up(username="ben")
    assert services.ways_back.notices.telling(signed_in.user, what, to="", source=SOURCE) == ()
