"""The console: what each of its pages asks of the store and weighs, among few people and among many."""

from pathlib import Path

import app
from bench import house, people
from bench.effort import Effort
from bench.findings import Figure, Finding
from chalicelib import wiring
from chalicelib.audit.trail import Source
from chalicelib.store.sqlite import SqliteStore
from chalicelib.users.user import new_user
from chalicelib.web.cookies import browser_session
from chalicelib.wiring import Services
from chalicelib.world import SYSTEM
from cupbearer.local_gateway import LocalGateway, Request

MANY = 100_000
PAGE_BYTES = 100_000
HELD = frozenset({"users:read", "users:write", "clients:read", "get:profile"})
PAGES = {  # a new page of the console is a line; ``{person}`` is one of the crowd
    "newest": ("/console", "list=newest"),
    "last seen": ("/console", "list=seen"),
    "disabled": ("/console", "list=disabled"),
    "search": ("/console", "search=user"),
    "one person": ("/console/people/{person}", ""),
    "activity": ("/console/activity", ""),
    "pictures": ("/console/statistics", ""),
}


def measure(effort: Effort, folder: Path) -> Finding:
    """Count on SQLite, whose verbs are DynamoDB's requests; each page is asked for over the gateway's own shape."""
    few, many = effort.sqlite_users[0], min(effort.sqlite_users[-1], MANY)
    looked = {size: _looked_at(folder / str(size), size) for size in (few, many)}
    figures = [
        figure
        for name in PAGES
        for figure in (
            Figure(
                f"{name}: requests among {many:,} people", looked[many][name][0], "", looked[few][name][0]
            ),
            Figure(f"{name}: bytes", looked[many][name][1], "bytes", PAGE_BYTES),
        )
    ]
    return Finding(
        name="console",
        title="The console's pages",
        figures=tuple(figures),
        data={str(size): {name: {"requests": asked, "bytes": weighs} for name, (asked, weighs) in found.items()}
              for size, found in looked.items()},
        notes=(f"At most as many requests as among {few:,} people. One of them reads the log-in of who looks.",),
    )  # fmt: skip


def _looked_at(place: Path, size: int) -> dict[str, tuple[int, int]]:
    """Return the requests and the bytes of each page among so many people, the fifth part of them disabled."""
    place.mkdir()
    requests = house.Requests([])
    store = SqliteStore(place / "cupbearer.db", now=SYSTEM.now, nonce=SYSTEM.identifier, on_request=requests)
    at = house.services(place, store=store, cheap=True)
    headers = {"cookie": f"{browser_session.SESSION}={_log_in(at)}"}
    crowd = people.crowd(at, size)
    people.into_sqlite(crowd, place / "cupbearer.db")
    people.into_sqlite(people.crowd(at, size // 5, stem="gone", disabled=True), place / "cupbearer.db")
    found: dict[str, tuple[int, int]] = {}
    with wiring.using(at):
        gateway = LocalGateway(app.app)
        for path, query in [*PAGES.values()][:1]:  # what a process loads once is no page's
            gateway.answer(Request("GET", path, query, headers, b"", "192.0.2.7"))
        for name, (path, query) in PAGES.items():
            requests.seen.clear()
            asked = Request("GET", path.format(person=crowd.ids[size // 2]), query, headers, b"", "192.0.2.7")
            answer = gateway.answer(asked)
            if answer["statusCode"] != 200:
                raise RuntimeError(f"{path} answered {answer['statusCode']}")
            found[name] = len(requests.seen), len(answer["body"].encode())
    store.close()
    return found


def _log_in(at: Services) -> str:
    """Return what the browser of an operator shows."""
    _, signed_in = at.accounts.sign_up.make_account(
        new_user(username="operator"),
        password=house.PASSWORD,
        granted=HELD,
        source=Source(ip="192.0.2.7"),
        log_in=True,
    )
    if signed_in is None:
        raise RuntimeError("a sign-up with log_in begins a session")
    return at.authentication.browser_sessions.token_for(signed_in.refresh_token)
