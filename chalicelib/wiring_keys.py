"""Wiring of the keys: what signs, what seals, and what wraps both at rest."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.settings import settings
from chalicelib.settings.structured import SECRET_REFERENCES

if TYPE_CHECKING:
    from chalicelib.keys.key_ring import KeyRing
    from chalicelib.keys.key_wrapping import Wrapper
    from chalicelib.keys.mac_keys import MacKeys
    from chalicelib.wiring import Services


MAILED_SECONDS = 7 * 24 * 60 * 60  # the longest that a link in a mail is good: keys of the MAC outlive it


class Keys:
    """``services.keys``."""

    def __init__(self, at: "Services") -> None:
        self._at = at

    @cached_property
    def ring(self) -> "KeyRing":
        """Return the signing keys."""
        from chalicelib.keys.key_ring import KeyRing

        at = self._at
        return KeyRing(at.store, at.world, self.wrapper, algorithm=at.settings.signing_alg)

    @cached_property
    def mac(self) -> "MacKeys":
        """Return the keys of refresh tokens and of other sealed values."""
        from chalicelib.keys.mac_keys import MacKeys

        at = self._at
        keep = max(at.settings.session_max_seconds, MAILED_SECONDS)
        return MacKeys(at.store, at.world, self.wrapper, keep_seconds=keep)

    @cached_property
    def wrapper(self) -> "Wrapper":
        """Return what wraps private keys and seeds at rest."""
        from chalicelib.keys.key_wrapping import MasterKey

        given, world = self._at.settings.master_key, self._at.world
        if given is not None and given.startswith("kms:"):
            from chalicelib.outbound import aws
            from chalicelib.outbound.kms import KmsKey

            region = settings.aws_region()
            return KmsKey(lambda: aws.client("kms", region=region), given.removeprefix("kms:"))
        if given is not None:
            return MasterKey(settings.demand_key_material(self.revealed(given)), world)
        from pathlib import Path

        from chalicelib.settings.local_master_key import read_or_make

        path = Path(self._at.settings.store_name).with_name("master.key")
        return MasterKey(read_or_make(path, world), world)

    def revealed(self, secret: str) -> str:
        """Return a secret, looked up where it is ``ssm:NAME`` or ``secretsmanager:NAME``."""
        if not secret.startswith(SECRET_REFERENCES):
            return secret
        from chalicelib.outbound import aws

        return aws.secret(secret, region=settings.aws_region())
