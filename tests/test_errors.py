"""Refusals, as they cross from one process to another: a pool of workers, a copy."""

import copy
import pickle

import pytest

from chalicelib import errors
from chalicelib.errors import Refusal

EACH: tuple[Refusal, ...] = (
    Refusal("no"),
    errors.Invalid("no", code="weak_password", errors={"password": "is short"}),
    errors.FormRefused("no"),
    errors.InvalidCredentials(),
    errors.InvalidToken("it is forged"),
    errors.RefreshRefused("reused"),
    errors.TicketRefused("expired"),
    errors.InsufficientScope("pangolins"),
    errors.NotAllowed("no", code="wrong_password"),
    errors.NotFound("client"),
    errors.Taken("no", code="username_taken"),
    errors.KeyReused(),
    errors.TooLarge("no"),
    errors.UnsupportedMediaType("no"),
    errors.SlowDown(4.2),
    errors.Unavailable(retry_after=7),
    errors.WrongMasterKey(),
)


def seen(refusal: Refusal) -> tuple[object, ...]:
    return type(refusal), str(refusal), refusal.public_code, vars(refusal)


@pytest.mark.parametrize("refusal", EACH, ids=lambda refusal: type(refusal).__name__)
def test_a_refusal_crosses_from_one_process_to_another_as_it_is(refusal: Refusal) -> None:
    there = pickle.loads(pickle.dumps(refusal))  # noqa: S301 - our own octets
    for other in (there, copy.copy(refusal)):
        assert seen(other) == seen(refusal)


def test_none_is_forgotten_here() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Refusal)}
    assert kinds == {type(refusal) for refusal in EACH}
