"""APIs, keys and settings in the console (CO-5, CO-6)."""

import json
import re
from urllib.parse import urlencode

import pytest

from chalicelib.accounts.administration import Authority
from chalicelib.authentication.log_in import LogInResult
from chalicelib.errors import InvalidToken, Refusal
from chalicelib.oauth.resources import ResourceChanges
from tests.conftest import Clock
from tests.console.conftest import Asked
from tests.oauth.server import SOURCE, Browser, Reply, Server

LIST, ONE, KEYS, SETTINGS = "/console/resources", "/console/resource", "/console/keys", "/console/settings"
ORDERS = "https://orders.example.com"


def send(browser: Browser, page: str, act: str, path: str = ONE, **fields: str) -> Reply:
    (csrf, *_) = re.findall(r'name="csrf" value="([^"]+)"', browser.go(page).text)
    return browser.send(path, {"csrf": csrf, "act": act, **fields})


def page_of(identifier: str) -> str:
    return f"{ONE}?{urlencode({'id': identifier})}"


def done_to(server: Server, target: str) -> list[tuple[str, str]]:
    events, _ = server.services.audit.of(target)
    return [(each.event, each.actor) for each in events]


class TestResources:
    def test_an_api_is_registered_changed_and_removed_in_the_operators_name(
        self, server: Server, console: Browser, ada: LogInResult, clock: Clock
    ) -> None:
        known = server.services.oauth.resources
        lines = "orders:read=Read your orders\r\norders:write=Place orders for you"
        page = send(console, LIST, "create", LIST, id=ORDERS, name="Orders", scopes=lines)
        assert "It is registered." in page.text
        assert known.require(ORDERS).scope_names == {"orders:read", "orders:write"}
        clock.advance(1)
        of = {"id": ORDERS, "name": "Our orders", "open_to_clients": "yes"}
        page = send(console, page_of(ORDERS), "change", scopes="orders:read=See your orders", **of)
        assert "It is changed." in page.text
        found = known.require(ORDERS)
        assert (found.name, found.open_to_clients, [(each.scope, each.says) for each in found.scopes]) == (
            "Our orders",
            True,
            [("orders:read", "See your orders")],
        )
        refused = send(console, page_of(ORDERS), "delete", id=ORDERS, confirm="orders")
        assert (refused.status, known.find(ORDERS)) == (400, (found,))
        clock.advance(1)
        assert (
            "It is removed" in send(console, page_of(ORDERS), "delete", id=ORDERS, confirm="Our orders").text
        )
        assert known.find(ORDERS) == (None,)
        assert done_to(server, f"resource:{ORDERS}") == [
            (event, ada.user.user_id)
            for event in ("resource_deleted", "resource_changed", "resource_created")
        ]

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ({"scopes": "orders:read"}, "Say what the scope"),
            ({"scopes": ""}, "A resource has one scope at least"),
            ({"id": "orders", "scopes": "a=b"}, "is an absolute URI"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_stays(
        self, server: Server, console: Browser, said: dict[str, str], why: str
    ) -> None:
        page = send(console, LIST, "create", LIST, **{"id": ORDERS, "name": "Orders of ours"} | said)
        assert page.status == 400
        assert why in page.text
        assert 'value="Orders of ours"' in page.text
        assert server.services.oauth.resources.page() == ((), None)

    def test_one_without_a_name_is_called_by_its_host(self, server: Server, console: Browser) -> None:
        """A link and a confirmation without a letter could not be used."""
        send(console, LIST, "create", LIST, id=ORDERS, name="  ", scopes="a=Do it")
        send(console, page_of(ORDERS), "change", id=ORDERS, name=" ", scopes="a=Do it")
        assert server.services.oauth.resources.require(ORDERS).name == "orders.example.com"

    def test_the_list_costs_as_many_requests_however_many_there_are(
        self, server: Server, console: Browser, asked: Asked
    ) -> None:
        costs = []
        for count in (1, 59):
            for number in range(count):
                wanted = ResourceChanges(scopes={"a": "Do it"})
                server.services.oauth.resources.create(f"https://a{count}-{number}.example", wanted)
            costs.append(asked(lambda: console.go(LIST)))
        assert costs[0] == costs[1]
        page = console.go(LIST).text
        assert page.count('<li class="device">') == 50
        onward = re.search(r'rel="next" href="/api([^"]+)"', page)
        assert onward
        assert console.go(onward[1]).text.count('<li class="device">') == 10


class TestKeys:
    def test_their_age_and_the_next_rotation_are_shown_and_no_private_key(
        self, server: Server, console: Browser, clock: Clock
    ) -> None:
        (key,) = server.services.keys.ring.list()
        clock.advance(3 * 24 * 60 * 60)
        console.log_in(username="ada")
        page = console.go(KEYS).text
        assert key.kid in page
        assert "3 days old" in page
        assert "No rotation is under way" in page
        assert "PRIVATE" not in page

    @pytest.mark.parametrize("ring", ["signing", "refresh"])
    def test_an_ordinary_rotation_publishes_a_key_that_waits(
        self, server: Server, console: Browser, ada: LogInResult, ring: str
    ) -> None:
        page = send(console, KEYS, "rotate", KEYS, ring=ring)
        assert "A new key is made." in page.text
        assert "Next rotation:" in page.text
        keys = server.services.keys.ring.list() if ring == "signing" else server.services.keys.mac.list()
        assert [key.state for key in keys] == ["current", "next"]
        assert done_to(server, f"keys:{ring}") == [("keys_rotated", ada.user.user_id)]

    def test_in_an_emergency_its_meaning_is_said_and_the_ring_typed_first(
        self, server: Server, console: Browser, ada: LogInResult
    ) -> None:
        (before,) = server.services.keys.ring.list()
        assert "Every access token that is out stops working" in console.go(KEYS).text
        refused = send(console, KEYS, "emergency", KEYS, ring="signing", confirm="yes")
        assert (refused.status, refused.text.count("<details open>")) == (400, 1)
        assert refused.text.count('aria-invalid="true"') == refused.text.count("Type signing here") == 1
        assert server.services.keys.ring.list() == (before,)
        send(console, KEYS, "emergency", KEYS, ring="signing", confirm="signing")
        (after,) = server.services.keys.ring.list()
        assert after.kid != before.kid
        assert done_to(server, "keys:signing") == [("keys_rotated", ada.user.user_id)]

    def test_another_ring_is_refused(self, console: Browser) -> None:
        assert send(console, KEYS, "rotate", KEYS, ring="both").status == 400


class TestTheRightIsHeldInTheCommit:
    @pytest.mark.parametrize("what", ["client", "resource", "keys"])
    def test_an_operator_who_was_stripped_meanwhile_changes_nothing(
        self, server: Server, ada: LogInResult, what: str
    ) -> None:
        """CO-2, M8: between the look at the right and the commit."""
        from chalicelib.audit.doers import Doer
        from chalicelib.oauth.client_authority import ClientAuthority
        from chalicelib.oauth.client_rules import Registration

        at = server.services
        live = at.authentication.sessions.require_live(ada.user.user_id, ada.session_id)
        operator = at.accounts.operators.logged_in(live)
        held = operator.look().checks

        def demands() -> tuple[object, ...]:
            at.accounts.administration.administer(
                ada.user.user_id, granted=frozenset(), source=SOURCE, by=Authority(force=True)
            )
            return held

        doer = Doer(operator.actor, demands)  # type: ignore[arg-type]
        before = at.keys.ring.list()
        with pytest.raises((Refusal, InvalidToken)):  # noqa: PT012 - one of three acts
            if what == "client":
                wanted = Registration("shop", redirect_uris=("https://shop.example/",))
                at.oauth.clients.create(wanted, source=SOURCE, by=ClientAuthority(doer))
            elif what == "resource":
                at.oauth.resources.create(
                    ORDERS, ResourceChanges(scopes={"a": "Do it"}), source=SOURCE, doer=doer
                )
            else:
                at.accounts.key_rotation.rotate("signing", source=SOURCE, doer=doer)
        assert at.oauth.clients.page() == ((), None)
        assert at.oauth.resources.find(ORDERS) == (None,)
        assert at.keys.ring.list() == before


class TestSettings:
    def test_each_is_shown_as_it_is_in_force_and_where_it_comes_from(
        self, server: Server, console: Browser
    ) -> None:
        page = console.go(SETTINGS).text
        lines = dict(re.findall(r"<code>(CUPBEARER_\w+)</code><br><strong>([^<]*)</strong>", page))
        froms = dict(re.findall(r"<code>(CUPBEARER_\w+)</code>.*?<p class=\"soft small\">(\w+)</p>", page))
        from chalicelib.settings import settings

        assert set(lines) == settings.known_names()
        assert (lines["CUPBEARER_ISSUER"], froms["CUPBEARER_ISSUER"]) == (
            server.services.settings.issuer,
            "set",
        )
        assert (lines["CUPBEARER_ACCESS_TOKEN_SECONDS"], froms["CUPBEARER_ACCESS_TOKEN_SECONDS"]) == (
            "300",
            "default",
        )

    def test_what_may_hold_a_secret_is_only_said_to_be_set(self) -> None:
        """LG-2: neither the text nor a part of it."""
        from chalicelib.settings import settings

        canary, master = "f00dcafe" * 8, bytes(range(32)).hex()
        said = settings.parse(
            {
                "CUPBEARER_MASTER_KEY": master,
                "CUPBEARER_MAIL": f"smtps://me:{canary}@mail.example:465",
                "CUPBEARER_MAIL_FROM": "a@b.example",
                "CUPBEARER_CAPTCHA": "turnstile",
                "CUPBEARER_CAPTCHA_SITE_KEY": "seen-by-all",
                "CUPBEARER_CAPTCHA_SECRET": canary,
                "CUPBEARER_PROVIDERS": json.dumps(
                    {"x": {"issuer": "https://x.example", "client_id": "a", "client_secret": canary}}
                ),
            }
        ).said
        hidden = {name.removeprefix("CUPBEARER_") for name, given, _ in said if given == ""}
        assert hidden == {"MASTER_KEY", "MAIL", "PROVIDERS", "CAPTCHA_SECRET"}
        called_so = {
            name for name in settings.known_names() if re.search("(SECRET|KEY|TOKEN|PASSWORD)$", name)
        }
        assert called_so == {
            f"CUPBEARER_{name}" for name in ("MASTER_KEY", "CAPTCHA_SECRET", "CAPTCHA_SITE_KEY")
        }
        assert canary not in repr(said)
        assert master not in repr(said)
