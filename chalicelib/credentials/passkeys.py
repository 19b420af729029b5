"""Passkeys (W3C Web Authentication, level 3): what a browser is asked for, and what its answer is worth.

The library reads CBOR, COSE keys and signatures; sections 7.1 and 7.2 say what has to be compared. A challenge is a
sealed text of ours: a browser that asks for one makes us store nothing, and one that was answered is marked (ST-2).
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chalicelib import urls
from chalicelib.credentials import passkey_answers
from chalicelib.credentials.factor_records import Passkey
from chalicelib.credentials.factor_refusals import SecondFactorRefused
from chalicelib.credentials.factors import MAX_PASSKEYS
from chalicelib.credentials.passkey_answers import ALGORITHMS, encoded
from chalicelib.i18n.said import said
from chalicelib.keys.signed_payloads import SignedPayloads
from chalicelib.store import Insert, Key, Write
from chalicelib.users.user import User
from chalicelib.world import World

if TYPE_CHECKING:
    from fido2.webauthn import AuthenticatorData, CollectedClientData

CHALLENGE_SECONDS = 5 * 60
USE_NOTED_SECONDS = 60 * 60  # a use that changes nothing else is written down once an hour
MAX_NAME = 64
_SPENT = "challenge#"
NEW, USE = "new passkey", "passkey"  # what a challenge is for: none passes for the other


@dataclass(frozen=True, slots=True)
class Assertion:
    """A passkey that signed: as read and as it is now, and the write that spends the challenge."""

    passkey: Passkey
    moved: Passkey
    spent: Write

    def writes(self, now: float) -> tuple[Write, ...]:
        """Return what the commit holds: of two with the same challenge one fails, and of two with the same count."""
        old, new = self.passkey, self.moved
        is_same = replace(new, last_used_at=old.last_used_at) == old
        if is_same and 0 <= now - old.last_used_at < USE_NOTED_SECONDS:
            return (self.spent,)
        return self.spent, old.replacing(new)


class Passkeys:
    """The ceremonies. ``issuer`` is ours: its host is the relying party's id and, without a ``name``, what people are shown."""

    def __init__(
        self, payloads: SignedPayloads, world: World, *, issuer: str, name: str | None = None
    ) -> None:
        web = urls.read(issuer)
        if web is None:
            raise ValueError("the issuer is no web URL")
        self._payloads = payloads
        self._world = world
        self._origin = web.origin
        self.rp_id = web.host
        self._name = name or web.host

    def creation_options(self, user: User, existing: Sequence[Passkey], *, holder: str) -> dict[str, Any]:
        """Return what ``navigator.credentials.create`` wants (section 5.4), as JSON."""
        return {
            "rp": {"id": self.rp_id, "name": self._name},
            "user": {
                "id": encoded(user.user_id.encode()),
                "name": user.username,
                "displayName": user.display_name,
            },
            "challenge": self._challenge(NEW, holder),
            "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in ALGORITHMS],
            "timeout": CHALLENGE_SECONDS * 1000,
            "excludeCredentials": _described(existing),
            "authenticatorSelection": {
                "residentKey": "preferred",
                "requireResidentKey": False,
                "userVerification": "preferred",
            },
            "attestation": "none",
        }

    def request_options(
        self, passkeys: Sequence[Passkey] = (), *, holder: str, verified: bool
    ) -> dict[str, Any]:
        """Return what ``navigator.credentials.get`` wants (section 5.5); without ``passkeys`` any of this site's."""
        return {
            "challenge": self._challenge(USE, holder),
            "timeout": CHALLENGE_SECONDS * 1000,
            "rpId": self.rp_id,
            "allowCredentials": _described(passkeys),
            "userVerification": "required" if verified else "preferred",
        }

    def register(
        self, user: User, existing: Sequence[Passkey], answer: Mapping[str, Any], *, holder: str, name: str
    ) -> tuple[Passkey, tuple[Write, ...]]:
        """Return a new passkey and the writes that make it (section 7.1). Raises SecondFactorRefused."""
        made = passkey_answers.creation(answer)
        spent = self._judge_client(made.client_data, "webauthn.create", NEW, holder)
        data = made.authenticator_data
        self._judge_authenticator(data)
        credential = passkey_answers.new_credential(data)
        credential_id = encoded(credential.credential_id)
        if len(existing) >= MAX_PASSKEYS:
            raise SecondFactorRefused(
                said("An account has at most {most} passkeys: remove one first.", most=MAX_PASSKEYS)
            )
        if any(each.credential_id == credential_id for each in existing):
            raise SecondFactorRefused("This passkey is registered already.")
        now = self._world.timestamp()
        passkey = Passkey(
            user_id=user.user_id,
            factor_id=self._world.identifier(),
            created_at=now,
            credential_id=credential_id,
            public_key=passkey_answers.key_text(credential.public_key),
            name=name,
            sign_count=data.counter,
            backup_eligible=data.is_backup_eligible(),
            backed_up=data.is_backed_up(),
            transports=made.transports,
            last_used_at=now,
        )
        return passkey, (spent, passkey.inserting())

    def verify(
        self, passkeys: Sequence[Passkey], answer: Mapping[str, Any], *, holder: str, verified: bool
    ) -> Assertion:
        """Return the passkey that signed our challenge (section 7.2). ``verified`` demands that it knew its person.

        Raises SecondFactorRefused, ``cloned`` where a sign count went back.
        """
        given = passkey_answers.assertion(answer)
        passkey = next((each for each in passkeys if each.credential_id == given.credential_id), None)
        if passkey is None:
            raise SecondFactorRefused("This passkey is not of this account.")
        spent = self._judge_client(given.client_data, "webauthn.get", USE, holder)
        data = given.authenticator_data
        self._judge_authenticator(data)
        if verified and not data.is_user_verified():
            raise SecondFactorRefused(
                "The passkey did not ask who you are: unlock it by PIN, finger or face."
            )
        passkey_answers.check_signature(passkey.public_key, given)
        if data.is_backup_eligible() != passkey.backup_eligible:
            raise SecondFactorRefused("The passkey is another kind of key than it was.")
        if data.counter <= passkey.sign_count and (data.counter or passkey.sign_count):
            raise SecondFactorRefused(
                "The passkey was used elsewhere as well: it may be a copy.", reason="cloned"
            )
        moved = replace(
            passkey,
            sign_count=data.counter,
            backed_up=data.is_backed_up(),
            last_used_at=self._world.timestamp(),
        )
        return Assertion(passkey, moved, spent)

    def _challenge(self, purpose: str, holder: str) -> str:
        payload = {"n": self._world.identifier()}
        text = self._payloads.seal(payload, purpose=purpose, holder=holder, seconds=CHALLENGE_SECONDS)
        return encoded(text.encode())

    def _judge_client(
        self, client_data: "CollectedClientData", kind: str, purpose: str, holder: str
    ) -> Write:
        """Demand our own page, and a challenge that we gave to this holder for this; return the write that spends it."""
        if client_data.type != kind or client_data.cross_origin or client_data.origin != self._origin:
            raise SecondFactorRefused("The passkey was asked by another page than ours.")
        text = client_data.challenge.decode("ascii", errors="replace")
        if self._payloads.open(text, purpose=purpose, holder=holder, seconds=CHALLENGE_SECONDS) is None:
            raise SecondFactorRefused("This took too long, or was begun in another browser: try again.")
        key = Key(f"{_SPENT}{hashlib.sha256(client_data.challenge).hexdigest()}", "spent")
        return Insert(key, {}, expires_at=self._world.timestamp() + 2 * CHALLENGE_SECONDS)

    def _judge_authenticator(self, data: "AuthenticatorData") -> None:
        rp_id_hash = hashlib.sha256(self.rp_id.encode()).digest()
        if not hmac.compare_digest(data.rp_id_hash, rp_id_hash) or not data.is_user_present():
            raise SecondFactorRefused("The passkey is for another site, or nobody touched it.")
        if data.is_backed_up() and not data.is_backup_eligible():
            raise SecondFactorRefused("The passkey contradicts itself.")


def is_challenge(key: Key) -> bool:
    """Return whether a record marks a challenge as spent."""
    return key.partition.startswith(_SPENT)


def _described(passkeys: Sequence[Passkey]) -> list[dict[str, Any]]:
    return [
        {"type": "public-key", "id": each.credential_id, "transports": list(each.transports)}
        for each in passkeys
    ]
