"""The same questions for us and for the peers over HTTP, and what must stand in the stores before they are asked."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import house
from bench.asking import HttpServer, Question
from bench.relying_party import CALLBACK, VERIFIER, RelyingParty
from bench.talks import Exchanging, Refreshing
from chalicelib.oauth.client_rules import Registration
from chalicelib.tokens.access_tokens import Grant
from chalicelib.web.guard import context_of

A_PERSONS = frozenset({"openid", "profile", "pangolins"})
ROBOTS = {"grant_type": "client_credentials", "scope": "pangolins"}
EXCHANGE = {"redirect_uri": CALLBACK, "code_verifier": VERIFIER}


@dataclass(frozen=True, slots=True)
class Prepared:
    """What our store holds before the first question."""

    token: str
    context: Mapping[str, str]
    robot: Mapping[str, str]
    web: RelyingParty


def prepare(folder: Path, variables: Mapping[str, str], *, people: int) -> Prepared:
    """Fill a store, with so many people of the relying party."""
    at = house.services(folder, variables, cheap=True)
    user, signed_in = at.accounts.sign_up.create(
        username="zoe", password=house.PASSWORD, log_in=True, source=house.somewhere()
    )
    at.accounts.users.change(user.user_id, lambda user: replace(user, scopes=user.scopes | A_PERSONS))
    robot, secret = at.oauth.clients.create(
        Registration(name="robot", grants=("client_credentials",), scopes=frozenset({"pangolins"}))
    )
    spoken = Grant(
        sub=user.user_id,
        client_id="cupbearer",
        scope=A_PERSONS,
        sid=signed_in.session_id if signed_in else None,
    )
    token = at.tokens.jwt.issue(spoken).token
    return Prepared(
        token=token,
        context=context_of(at.tokens.bearer.verify(token)),
        robot=_basic(robot.client_id, secret or ""),
        web=RelyingParty.registered(at, people),
    )


def ours(prepared: Prepared, issuer: str) -> dict[str, Question]:
    bearer, web = {"Authorization": f"Bearer {prepared.token}"}, _basic(*prepared.web.credentials)
    return {
        "key set": Question(f"{issuer}/.well-known/jwks.json"),
        "client credentials": _token(f"{issuer}/oauth/token", prepared.robot, form=ROBOTS),
        "refresh": _token(f"{issuer}/oauth/token", web, talk=Refreshing(prepared.web.refresh_tokens())),
        "code exchange": _token(f"{issuer}/oauth/token", web, talk=Exchanging(prepared.web.codes, EXCHANGE)),
        "userinfo": Question(f"{issuer}/oauth/userinfo", headers=bearer, context=prepared.context),
        "guarded call": Question(f"{issuer}/pangolins", headers=bearer, context=prepared.context),
    }


def theirs(said: Mapping[str, Any], token: str) -> dict[str, Question]:
    url, secret = f"{said['provider']}/token", "a-secret-of-the-bench"
    web = _basic("web", secret)
    codes = HttpServer(0)  # its codes are made over HTTP too, before a batch

    def make(count: int) -> list[str]:
        question = Question(f"{said['guard']}/codes/{count}")
        with codes.asking(question) as ask:
            found: list[str] = json.loads(ask(question, None))
            return found

    return {
        "key set": Question(f"{said['provider']}/jwks"),
        "client credentials": _token(url, _basic("robot", secret), form=ROBOTS),
        "refresh": _token(url, web, talk=Refreshing([said["refreshToken"]])),
        "code exchange": _token(url, web, talk=Exchanging(make, EXCHANGE)),
        "userinfo": Question(
            f"{said['provider']}/me", headers={"Authorization": f"Bearer {said['userinfoToken']}"}
        ),
        "guarded call": Question(f"{said['guard']}/pangolins", headers={"Authorization": f"Bearer {token}"}),
    }


def _basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{client_id}:{secret}'.encode()).decode()}"}


def _token(url: str, credentials: Mapping[str, str], **what: Any) -> Question:
    headers = {"Content-Type": "application/x-www-form-urlencoded", **credentials}
    return Question(url, "POST", headers, **what)
