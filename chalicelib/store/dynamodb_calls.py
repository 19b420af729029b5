"""Asking DynamoDB: few tries, short waits, an honest account of what became of a request (AV-1, AV-2, ST-4).

The SDK's own retries are off: they would hide that a try may have taken effect although its reply was lost.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.store import OnRequest, StoreUnavailable
from chalicelib.world import World

CONNECT_SECONDS = 1.0
READ_SECONDS = 1.75
LATEST_START_SECONDS = 2.0  # a try begun then ends before 5 s, connecting and reading at their slowest
MAX_TRIES = 3
WAIT_SECONDS = (0.03, 0.12)  # before the second and the third try, times 0.5 to 1.5

THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    }
)
CONTENDED = frozenset(
    {"TransactionConflictException", "TransactionConflict", "TransactionInProgressException"}
)
# What the SDK raises when a request certainly never left.
UNSENT = frozenset(
    {"ConnectTimeoutError", "EndpointConnectionError", "NoCredentialsError", "ProxyConnectionError"}
)
FIRST_SERVER_ERROR = 500


class Refused(Exception):  # noqa: N818 - a condition that does not hold is an answer
    """The condition of a single write does not hold; ``item`` is what is there."""

    def __init__(self, item: Mapping[str, Any] | None) -> None:
        super().__init__("the condition does not hold")
        self.item = item


class Cancelled(Exception):  # noqa: N818 - so is this
    """A transaction did not happen; ``failed`` are the places of the writes whose condition does not hold."""

    def __init__(self, failed: Sequence[int]) -> None:
        super().__init__("the transaction was cancelled")
        self.failed = tuple(failed)


class Contended(StoreUnavailable):
    """Others were writing the same records at every try; nothing was done."""


@dataclass(slots=True)
class Patience:
    """What one verb may still ask: at most three failing tries, none begun too late, a wait before each.

    ``doubtful`` once a try may have taken effect although it gave no answer.
    """

    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: float  # 0 to 1
    failures: int = 0
    doubtful: bool = False
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.monotonic()

    @property
    def in_time(self) -> bool:
        """Whether another request could end within the budget."""
        return self.monotonic() - self.started < LATEST_START_SECONDS

    def hurry(self) -> None:
        """Leave no second try to what comes after the act itself."""
        self.failures = MAX_TRIES - 1

    def wait(self, failure: StoreUnavailable) -> None:
        """Wait before the next try, or give up with ``failure``."""
        self.failures += 1
        if self.failures >= MAX_TRIES or not self.in_time:
            raise failure
        self.sleep(WAIT_SECONDS[self.failures - 1] * (0.5 + self.jitter))


class Calls:
    """The client of one table's account, with every try counted by ``on_request``."""

    def __init__(self, client: Any, world: World, on_request: OnRequest) -> None:
        self._client = client
        self._world = world
        self._on_request = on_request

    def patience(self) -> Patience:
        """Return the budget of one verb. Its jitter comes from a nonce: chance enters in one place only."""
        jitter = zlib.crc32(self._world.identifier().encode()) / 2**32
        return Patience(self._world.monotonic, self._world.sleep, jitter)

    def ask(self, operation: str, request: Mapping[str, Any], patience: Patience) -> dict[str, Any]:
        """Return DynamoDB's answer, or raise Refused, Cancelled or StoreUnavailable; nothing else."""
        while True:
            if not patience.in_time:  # an earlier request of the same verb may have used it up
                raise StoreUnavailable("the time of this verb is used up")
            try:
                return self._once(operation, request)
            except _Failed as failed:
                patience.doubtful = patience.doubtful or failed.doubtful
                if not failed.again:
                    raise failed.reason from failed
                patience.wait(failed.reason)

    def transact(self, parts: Sequence[Mapping[str, Any]], patience: Patience) -> None:
        """Do all writes or none. The token makes a repeated request harmless where the reply was lost (ST-4).

        A cancellation settles what became of its token, so the next try gets a new one.
        """
        while True:
            token = self._world.identifier()[:36]
            try:
                self.ask(
                    "TransactWriteItems", {"TransactItems": parts, "ClientRequestToken": token}, patience
                )
            except Cancelled as cancelled:
                if cancelled.failed:
                    raise
                patience.wait(Contended("others are writing the same records"))
            else:
                return

    def _once(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        units = 0.0
        method, proof = OPERATIONS[operation]
        try:
            send = getattr(self._client, method)
            answer: dict[str, Any] = send(**request, ReturnConsumedCapacity="TOTAL")
            units = _units(answer.get("ConsumedCapacity"))
        except ClientError as error:
            raise _judged(error.response) from error
        except (BotoCoreError, ResponseParserError, OSError) as error:
            kind = type(error).__name__
            failure = StoreUnavailable(f"{operation}: {kind}")
            raise _Failed(failure, again=True, doubtful=kind not in UNSENT) from error
        finally:
            self._on_request(operation, units)
        if proof not in answer:
            raise _Failed(
                StoreUnavailable(f"{operation}: no answer of DynamoDB's"), again=True, doubtful=True
            )
        return answer


# The SDK's method, and what an answer certainly holds: the SDK takes a cut or foreign body for an empty
# answer, which would read as "absent", or as "done" (AV-2).
OPERATIONS = {
    "GetItem": ("get_item", "ConsumedCapacity"),
    "BatchGetItem": ("batch_get_item", "Responses"),
    "Query": ("query", "Items"),
    "PutItem": ("put_item", "ConsumedCapacity"),
    "UpdateItem": ("update_item", "Attributes"),
    "TransactWriteItems": ("transact_write_items", "ConsumedCapacity"),
}


class _Failed(Exception):  # noqa: N818 - never leaves this module
    """A try without an answer: what to raise, whether another makes sense, whether it may have worked."""

    def __init__(self, reason: StoreUnavailable, *, again: bool, doubtful: bool) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.again = again
        self.doubtful = doubtful


def _judged(answer: Mapping[str, Any]) -> Exception:
    """Return what an error answer means to a caller."""
    code = answer.get("Error", {}).get("Code", "")
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", FIRST_SERVER_ERROR)
    if code == "ConditionalCheckFailedException":
        return Refused(answer.get("Item"))
    if code == "TransactionCanceledException":
        return _cancelled([reason.get("Code", "") for reason in answer.get("CancellationReasons", ())])
    if code in CONTENDED:
        return _Failed(Contended(code), again=True, doubtful=code == "TransactionInProgressException")
    broken = status >= FIRST_SERVER_ERROR
    return _Failed(
        StoreUnavailable(f"DynamoDB answered {status} {code}"),
        again=broken or code in THROTTLED,
        doubtful=broken,
    )


def _cancelled(reasons: Sequence[str]) -> Exception:
    failed = [place for place, code in enumerate(reasons) if code == "ConditionalCheckFailed"]
    hopeless = set(reasons) - {"None", "ConditionalCheckFailed"} - CONTENDED - THROTTLED
    if hopeless and not failed:
        failure = StoreUnavailable(f"DynamoDB cancelled: {', '.join(sorted(hopeless))}")
        return _Failed(failure, again=False, doubtful=False)
    return Cancelled(failed)


def _units(consumed: Any) -> float:
    parts = consumed if isinstance(consumed, list) else [consumed or {}]
    return float(sum(part.get("CapacityUnits", 0.0) for part in parts))
