"""The people: lists, and search by the beginning of a name (CO-3)."""

from typing import NamedTuple
from urllib.parse import quote

from chalicelib.i18n.said import said
from chalicelib.web.console.changes import outcome_of
from chalicelib.web.console.frame import Visit, console_page, shown
from chalicelib.web.console.person_acts import ACTS
from chalicelib.web.routes import Answer, Api

api = Api("console")

PATH = "/console"
LISTS = {  # names of ``users/people.py``, and what the pages call them
    "newest": said("Newest"),
    "seen": said("Last seen"),
    "disabled": said("Disabled"),
    "factor": said("With a second factor"),
}
MAX_TYPED = 254  # characters: an address has no more
MAX_AFTER = 200  # characters: a line's sort, a term and an id, has fewer


class Choice(NamedTuple):
    """A link to one of the lists."""

    words: str
    query: str
    is_here: bool


@api.route(PATH, methods=["GET"], **shown("search", "list", "after", "done"))
@console_page
def people(visit: Visit) -> Answer:
    """Show a list of people, or whose user name, name or address begins as it was typed."""
    call, found = visit.call, visit.call.services.accounts.people
    typed, name = (call.one("search") or "").strip()[:MAX_TYPED], call.one("list") or "newest"
    name = name if name in LISTS else "newest"
    after = (call.one("after") or "")[:MAX_AFTER] or None
    users, next_after = found.search(typed, after=after) if typed else found.listed(name, after=after)
    asked = f"search={quote(typed)}" if typed else f"list={name}"
    return visit.rendered(
        "console_people.html",
        here="people",
        outcome=outcome_of(call, ACTS),
        heading=said("Found by “{typed}”", typed=typed) if typed else LISTS[name],
        choices=[Choice(words, f"list={each}", each == name and not typed) for each, words in LISTS.items()],
        typed=typed,
        people=users,
        onward=f"{asked}&after={quote(next_after)}" if next_after else "",
    )
