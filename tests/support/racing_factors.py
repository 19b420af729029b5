"""What racing callers do with second factors: steps for ``tests.store.racing``. Runs in the racing processes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalicelib.credentials.factor_answers import FactorAnswer, holder_of
from chalicelib.credentials.factor_refusals import SecondFactorRefused
from chalicelib.credentials.recovery_codes import RecoveryCodeBook
from chalicelib.errors import Taken
from chalicelib.store import Conflict, Insert, Key, Store, Write
from cupbearer.soft_authenticator import SoftAuthenticator
from cupbearer.testing import SOURCE
from tests.store.places import FAR
from tests.store.racing import CALLERS
from tests.support.factor_people import code_of
from tests.support.racing_people import PHRASE, number_of, services_on


def prepare(store: Store, partition: str, turns: int) -> None:
    """Give one person for each round every kind of factor, and lay the proofs where the callers find them."""
    services = services_on(store)
    own, checks = services.second_factors.own, services.second_factors.checks
    for turn in range(turns):
        user, signed_in = services.accounts.sign_up.create(
            username=f"{partition}-{turn}", password=PHRASE, log_in=True, source=SOURCE
        )
        assert signed_in
        live = services.authentication.sessions.require_live(user.user_id, signed_in.session_id)
        secret = own.begin_totp(live).secret
        own.confirm_totp(live, code_of(secret, FAR, off=-1), source=SOURCE)
        device = SoftAuthenticator(services.settings.issuer, step=0)
        answer = device.create(own.passkey_options(live, source=SOURCE))
        own.add_passkey(live, answer, name="Key", source=SOURCE)
        live = services.authentication.sessions.require_live(user.user_id, signed_in.session_id)
        (code, *_) = own.make_recovery_codes(live, source=SOURCE)
        signed, *others = (
            device.get(checks.passkey_options(SOURCE, verified=False)) for _ in range(1 + CALLERS)
        )
        told = {
            "user_id": user.user_id, "totp": code_of(secret, FAR), "code": code, "passkey": signed,
            "session_id": live.session.session_id, "one_each": others,
        }  # fmt: skip
        store.commit(Insert(Key(partition, f"{turn}"), told))


def told_of(store: Store, partition: str, turn: int) -> Mapping[str, Any]:
    """Return what was laid for a round."""
    (record,) = store.get(Key(partition, f"{turn}"))
    assert record
    return record.data


def raise_level(store: Store, told: Mapping[str, Any], number: int) -> bool:
    """Show a factor of one's own in the session that all callers share; return whether another took its place."""
    services = services_on(store)
    live = services.authentication.sessions.find_live(told["user_id"], told["session_id"])
    answer = FactorAnswer(passkey=told["one_each"][number])
    try:
        return live is not None and bool(
            services.second_factors.step_up.raise_level(live, answer, source=SOURCE)
        )
    except (SecondFactorRefused, Taken):
        return False


def spend(store: Store, partition: str, turn: int, name: str) -> tuple[bool, bool, bool, bool]:
    """Raise the round's session; then judge each of its proofs on what is read and commit what spends it.

    Return which of the four counted.
    """
    groups, told = services_on(store).second_factors, told_of(store, partition, turn)
    is_raised = raise_level(store, told, number_of(name))
    factors = groups.own.of(told["user_id"])
    assert factors.totp
    assert factors.recovery_codes
    totp, codes = factors.totp, factors.recovery_codes

    def app() -> Iterable[Write]:
        step = groups.totps.step_of(totp, told["totp"])
        assert step is not None
        return () if groups.totps.is_spent(totp, step) else (groups.totps.spending(totp, step),)

    def recovery() -> Iterable[Write]:
        write = RecoveryCodeBook.spending(codes, told["code"])
        return () if write is None else (write,)

    def passkey() -> Iterable[Write]:
        shown = groups.passkeys.verify(
            factors.passkeys, told["passkey"], holder=holder_of(SOURCE), verified=False
        )
        return shown.writes(FAR)

    return is_raised, _counts(store, app), _counts(store, recovery), _counts(store, passkey)


def _counts(store: Store, judge: Callable[[], Iterable[Write]]) -> bool:
    try:
        writes = tuple(judge())
        if writes:
            store.commit(*writes)
    except (Conflict, SecondFactorRefused):
        return False
    return bool(writes)
