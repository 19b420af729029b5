"""Where a store of the tests lives: small enough to be handed to another process, which opens it too."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.store import OnRequest, Store
from chalicelib.store.dynamodb import DynamoStore, client_config
from chalicelib.store.sqlite import SqliteStore
from chalicelib.world import SYSTEM, World
from tests.store.wire_client import WireClient
from tests.support import patience

FAR = 4_000_000_000.0  # a time no real clock reaches, so that no emulator sweeps what a test still wants


def uncounted(_name: str, _units: float) -> None:
    return


def far_now() -> float:
    return FAR


def stopped() -> float:
    """No verb's time is used up."""
    return 0.0


@dataclass(frozen=True)
class SqlitePlace:
    path: str

    def open(self, *, now: Callable[[], float] = far_now, on_request: OnRequest = uncounted) -> Store:
        return SqliteStore(self.path, now=now, nonce=SYSTEM.identifier, on_request=on_request)


@dataclass(frozen=True)
class DynamoPlace:
    endpoint: str
    table: str
    credentials: tuple[str, str] | None  # None: the SDK's usual way, for a real table
    region: str
    patient: bool = (
        False  # for races: sixteen callers may keep an emulator on a busy machine waiting for long
    )
    wire: bool = False  # for races of whole accounts: without the SDK, which races of the store alone use

    def client(self) -> Any:
        import boto3
        from botocore.config import Config

        key, secret = self.credentials or (None, None)
        return boto3.client(
            "dynamodb",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=client_config().merge(
                Config(connect_timeout=patience.SECONDS, read_timeout=patience.SECONDS)
            )
            if self.patient
            else client_config(),
        )

    def _wire_client(self) -> WireClient:
        assert self.credentials
        return WireClient(self.endpoint, access_key=self.credentials[0], region=self.region)

    def open(
        self,
        *,
        now: Callable[[], float] = far_now,
        on_request: OnRequest = uncounted,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Store:
        return DynamoStore(
            self.table,
            client=self._wire_client() if self.wire and self.credentials else self.client(),
            world=World(now=now, sleep=sleep, monotonic=stopped if self.patient else time.monotonic),
            on_request=on_request,
        )


Place = SqlitePlace | DynamoPlace
