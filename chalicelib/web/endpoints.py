"""How a view says who may call it, what it takes and what it gives; Chalice is not known here.

A route is closed unless its guard says otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack

from chalicelib import scopes
from chalicelib.authorizer.route_table import Guard, Route, RouteTableError
from chalicelib.web.call import Answer, Call

View = Callable[[Call], Answer]
Register = Callable[[View], View]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route with its view and what it takes and gives: the row that the code runs on and the OpenAPI text is made from."""

    route: Route
    view: View
    body: type | None = None
    body_may_be_empty: bool = False
    # Gives the type of the JSON body that the view reads itself, to refuse it in its standard's words.
    reads: Callable[[], type] | None = None
    form: bool = False  # reads application/x-www-form-urlencoded itself
    query: tuple[str, ...] = ()
    status: int = 200
    gives: Any = None  # the struct of a good answer, or None for no body
    content_type: str = "application/json"
    or_as: str | None = (
        None  # another content type of the good answer, for those that ask for it by ``Accept``
    )
    redirects: tuple[int, ...] = ()  # where the good answer may also be one
    later: Any = None  # the struct of a 202 in place of the good answer: it is not done yet
    refuses: tuple[int, ...] = ()
    tag: str = ""
    says: str | None = None  # what its scope lets an application do, in the words that a person is asked with
    repeatable: bool = False  # takes an Idempotency-Key
    any_origin: bool = False  # a public document: pages of every origin may read it
    proof: bool = False  # takes a DPoP proof


class GuardWords(TypedDict, total=False):
    """Who may call a route."""

    scope: str | None
    own: bool
    token: bool
    public: bool
    refused_in_handler: bool
    in_person: bool


GUARD_WORDS = frozenset(GuardWords.__annotations__)


class Said(GuardWords, total=False):
    """All that a view may say of its route; the rest is of :class:`Endpoint`."""

    body: type | None
    body_may_be_empty: bool
    reads: Callable[[], type] | None
    form: bool
    query: tuple[str, ...]
    status: int
    gives: Any
    content_type: str
    or_as: str
    redirects: tuple[int, ...]
    later: Any
    refuses: tuple[int, ...]
    says: str
    repeatable: bool
    any_origin: bool
    proof: bool


@dataclass(slots=True)
class Api:
    """Collects the routes of one resource. ``scope="orders:write"`` guards one; ``public=True`` opens one."""

    tag: str
    endpoints: list[Endpoint] = field(default_factory=list)

    def route(
        self,
        path: str,
        *,
        methods: list[str],
        **said: Unpack[Said],
    ) -> Register:
        """Declare a view. Exactly one of ``public``, ``token``, ``own`` or a ``scope`` must say who may call it.

        ``token``: any accepted access token; ``own``: our own first-party token for a person; ``scope``: a token
        that has it, and ``says`` tells people what it lets an application do. ``refused_in_handler`` leaves the
        scope's 403 to the handler, which can name the scope. ``in_person`` closes a GET to operators who see as a person
        sees: one that changes something, or hands out what only the person should have. The other words are those of
        :class:`Endpoint`.
        """
        guard = _guard(path, said)
        details: dict[str, Any] = {word: value for word, value in said.items() if word not in GUARD_WORDS}

        def register(view: View) -> View:
            for method in methods:
                self.endpoints.append(Endpoint(Route(method, path, guard), view, tag=self.tag, **details))
            return view

        return register


def _guard(path: str, said: Said) -> Guard:
    scope, own, token, public = said.get("scope"), said.get("own"), said.get("token"), said.get("public")
    if bool(public) + bool(own) + bool(token) > 1 or not (public or own or token or scope):
        raise RouteTableError(f"{path}: say who may call it: public=True, token=True, own=True or scope=…")
    if scope in scopes.PROTOCOL and path != "/oauth/userinfo":
        raise RouteTableError(f"{path}: anybody may have the scope {scope!r}: guard it by another")
    caller = "public" if public else "own" if own else "token"
    in_handler = bool(scope) and said.get("refused_in_handler", False)
    return Guard(caller, scope or None, in_handler, said.get("in_person", False))  # type: ignore[arg-type]
