"""Requests whose next depends on the answer: refreshing, and exchanging codes."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode


class Refreshing:
    """Refresh tokens of several people in turn; each answer brings a person's next one."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self._tokens = deque(tokens)
        self._spent = ""

    def prepare(self, count: int) -> None:
        """Any number can be asked for."""

    def body(self) -> str:
        """Return the form that spends the next token."""
        self._spent = self._tokens.popleft()
        return urlencode({"grant_type": "refresh_token", "refresh_token": self._spent})

    def learn(self, answer: dict[str, Any]) -> None:
        """Keep the next one; an ID token must come with it."""
        if answer["refresh_token"] == self._spent or not answer["id_token"]:
            raise RuntimeError("the answer does not rotate the refresh token, or has no ID token")
        self._tokens.append(answer["refresh_token"])


class Exchanging:
    """Authorization codes: new ones are made before a batch, outside of what is measured."""

    def __init__(self, make: Callable[[int], list[str]], form: Mapping[str, str]) -> None:
        self._make, self._form = make, form
        self._codes: list[str] = []

    def prepare(self, count: int) -> None:
        """Make so many codes."""
        self._codes = self._make(count)

    def body(self) -> str:
        """Return the form that spends one of them."""
        return urlencode({"grant_type": "authorization_code", "code": self._codes.pop(), **self._form})

    def learn(self, answer: dict[str, Any]) -> None:
        """Demand what an exchange must give."""
        if not (answer["id_token"] and answer["refresh_token"]):
            raise RuntimeError("the exchange gave no ID token, or no refresh token")
