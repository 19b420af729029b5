"""How a view says who may call it, what it takes and what it gives; Chalice is not known here.

A route is closed unless its guard says otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

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
    form: bool = False  # reads application/x-www-form-urlencoded itself
    query: tuple[str, ...] = ()
    status: int = 200
    gives: Any = None  # the struct of a good answer, or None for no body
    content_type: str = "application/json"
    redirects: tuple[int, ...] = ()  # where the good answer may also be one
    refuses: tuple[int, ...] = ()
    tag: str = ""
    repeatable: bool = False  # takes an Idempotency-Key


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
        scope: str | None = None,
        own: bool = False,
        token: bool = False,
        public: bool = False,
        refused_in_handler: bool = False,
        **details: Any,
    ) -> Register:
        """Declare a view. Exactly one of ``public``, ``token``, ``own`` or a ``scope`` must say who may call it.

        ``token``: any accepted access token; ``own``: our own first-party token for a person; ``scope``: a token
        that has it. ``refused_in_handler`` leaves the scope's 403 to the handler, which can name the scope. The
        other ``details`` are those of :class:`Endpoint`.
        """
        guard = _guard(
            path, scope=scope, own=own, token=token, public=public, refused_in_handler=refused_in_handler
        )

        def register(view: View) -> View:
            for method in methods:
                self.endpoints.append(Endpoint(Route(method, path, guard), view, tag=self.tag, **details))
            return view

        return register


def _guard(
    path: str, *, scope: str | None, own: bool, token: bool, public: bool, refused_in_handler: bool
) -> Guard:
    if public + own + token > 1 or not (public or own or token or scope):
        raise RouteTableError(f"{path}: say who may call it: public=True, token=True, own=True or scope=…")
    if scope in scopes.PROTOCOL and path != "/oauth/userinfo":
        raise RouteTableError(f"{path}: anybody may have the scope {scope!r}: guard it by another")
    caller = "public" if public else "own" if own else "token"
    return Guard(caller, scope, refused_in_handler) if scope else Guard(caller)  # type: ignore[arg-type]
