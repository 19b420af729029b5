"""Each mail of a ticket is rendered by what the ticket itself says, so that no template waits for a word in vain."""

from collections.abc import Callable

import pytest

from chalicelib.mail.message import KIND
from chalicelib.users.user import User
from chalicelib.wiring import Services
from cupbearer.testing import SOURCE, AppUnderTest
from tests.support import mailed

ADDRESS = "ann@example.com"

ASKED: dict[str, Callable[[Services, User], object]] = {
    "reset_password": lambda at, _: at.ways_back.password_reset.ask("ann", source=SOURCE),
    "log_in": lambda at, _: at.ways_back.email_log_in.ask(ADDRESS, browser="b", source=SOURCE),
    "verify_address": lambda at, user: at.store.commit(
        *at.ways_back.email_verification.beginning(user, ADDRESS)
    ),
    "address_changed": lambda at, user: at.ways_back.email_verification.set_by_operator(
        user.user_id, address="new@example.com", source=SOURCE
    ),
    "notice": lambda at, user: at.accounts.administration.set_password(
        user.user_id, new="by the operator", source=SOURCE
    ),
}


@pytest.mark.parametrize("kind", ASKED)
def test_it_leaves_with_its_link_and_nothing_is_left_of_it(cupbearer: AppUnderTest, kind: str) -> None:
    user, _ = mailed.with_address(cupbearer, "ann", ADDRESS)
    services = cupbearer.services
    ASKED[kind](services, user)
    received = mailed.last(services, kind)
    outcome = services.mail.outbox.deliver_due()
    assert (outcome.sent, outcome.again, outcome.given_up) == (1, 0, 0)
    assert services.store.list(KIND.waiting).records == ()
    assert received.ticket.startswith("cbt_")
    (shown,) = services.mail.console.mails
    assert received.said["link"] in shown.text
    assert received.said["link"] in shown.html.replace("&amp;", "&")
