"""A client and people who agreed to it, so that there are codes to exchange: in our very records, without a browser."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from bench import house, people
from chalicelib.keys.pkce import code_challenge
from chalicelib.oauth.authorization_codes import Code
from chalicelib.oauth.client import Client
from chalicelib.oauth.client_rules import Registration
from chalicelib.oauth.consents import Wanted
from chalicelib.wiring import Services

CALLBACK = "https://app.example/callback"
VERIFIER = "only-for-the-bench-only-for-the-bench-only-for-the-bench"
SCOPE = frozenset({"openid", "profile", "offline_access"})
AT_ONCE = 40  # codes in a commit


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """A confidential client on our store, with people who are logged in and agreed to it."""

    at: Services
    client: Client
    credentials: tuple[str, str]
    people: int
    turns: Iterator[Code]  # what each of them agreed to, as a code stands for it; round and round

    @classmethod
    def registered(cls, at: Services, count: int) -> Self:
        """Register it, and let so many people agree."""
        client, secret = at.oauth.clients.create(
            Registration(
                name="web",
                redirect_uris=(CALLBACK,),
                grants=("authorization_code", "refresh_token"),
                scopes=SCOPE,
            )
        )
        agreed = [_agreed(at, client, people.name_of(number)) for number in range(count)]
        return cls(at, client, (client.client_id, secret or ""), count, itertools.cycle(agreed))

    def codes(self, count: int) -> list[str]:
        """Return new codes, one after another of each of the people."""
        composed = [self.at.oauth.codes.compose(code) for code in itertools.islice(self.turns, count)]
        for first in range(0, count, AT_ONCE):
            self.at.store.commit(*(write for _, write in composed[first : first + AT_ONCE]))
        return [text for text, _ in composed]

    def refresh_tokens(self) -> list[str]:
        """Return a refresh token of the client for each of the people: one alone would be spent too often to rotate."""
        return [self._refresh_token(code) for code in self.codes(self.people)]

    def _refresh_token(self, code: str) -> str:
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER,
        }  # fmt: skip
        given = self.at.oauth.token_requests.redeem(form, self.client, source=house.somewhere()).refresh_token
        if given is None:
            raise RuntimeError("the client gets no refresh tokens")
        return given


def _agreed(at: Services, client: Client, username: str) -> Code:
    """Let a person sign up, log in and agree to the client; return what its codes stand for."""
    source = house.somewhere()
    _, signed_in = at.accounts.sign_up.create(
        username=username, password=house.PASSWORD, log_in=True, source=source
    )
    if signed_in is None:
        raise RuntimeError("a sign-up with log_in begins a session")
    user_id = signed_in.user.user_id
    consent, writes = at.oauth.consents.giving(user_id, Wanted(client, SCOPE), source=source)
    at.store.commit(*writes)
    return Code(
        client_id=client.client_id,
        redirect_uri=CALLBACK,
        code_challenge=code_challenge(VERIFIER),
        user_id=user_id,
        login_id=signed_in.session_id,
        scope=SCOPE,
        nonce="bench",
        consent_id=consent.consent_id,
    )
