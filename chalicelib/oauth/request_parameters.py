"""How one parameter of an authorization request is read, and how a fault of it goes back to its client (RFC 6749 section 3.1)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib import urls
from chalicelib.oauth.authorization_response import QUERY, RESPONSE_MODES
from chalicelib.oauth.errors import ErrorCode, RefusedAtClient
from chalicelib.repeated_parameters import REPEATABLE

Parameters = Mapping[str, tuple[str, ...]]

MAX_STATE = 2000

_PRINTABLE = re.compile(r"[\x20-\x7e]*")  # RFC 6749 appendix A.5


@dataclass(frozen=True, slots=True)
class RequestParameters:
    """What a client sent, once it and its redirect URI are proven. Every fault raises RefusedAtClient."""

    values: Parameters
    redirect_uri: str

    def one(self, name: str) -> str | None:
        """Return a parameter; one without a value counts as left out."""
        values = self.values.get(name, ())
        if len(values) > 1:
            raise self.refused("invalid_request", "A parameter is given more than once.")
        return values[0] if values and values[0] else None

    def text(self, name: str, most: int) -> str | None:
        """Return a parameter of printable ASCII."""
        value = self.one(name)
        if value is not None and (len(value) > most or not _PRINTABLE.fullmatch(value)):
            raise self.refused("invalid_request", f"{name} has at most {most} characters of printable ASCII.")
        return value

    def demand_each_once(self) -> None:
        """Refuse a parameter that is repeated, known or not (OP-5), but one that may be."""
        for name in self.values.keys() - REPEATABLE:
            self.one(name)

    def each(self, name: str) -> tuple[str, ...]:
        """Return the values of a parameter that may be repeated."""
        return tuple(filter(None, self.values.get(name, ())))

    def refused(self, error: ErrorCode, description: str) -> RefusedAtClient:
        """Return the refusal that goes to the client: with the state, and in the mode, if each is one."""
        state, mode = self._sole("state") or "", self._sole("response_mode")
        usable = 0 < len(state) <= MAX_STATE and _PRINTABLE.fullmatch(state)
        return RefusedAtClient(
            error,
            description,
            redirect_uri=self.redirect_uri,
            state=state if usable else None,
            response_mode=mode if mode and self.takes(mode) else QUERY,
        )

    def takes(self, mode: str) -> bool:
        """Return whether an answer can be given so: a form is posted to a web address, not to a program's own scheme."""
        return mode in RESPONSE_MODES and (mode == QUERY or urls.read(self.redirect_uri) is not None)

    def _sole(self, name: str) -> str | None:
        values = self.values.get(name, ())
        return values[0] if len(values) == 1 else None
