"""A Lambda function of ours, called without waiting for what it does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONNECT_SECONDS, READ_SECONDS = (
    0.5,
    1.5,
)  # somebody waits for an answer; a call that was lost costs a delay, no mail


def client_config() -> Any:
    """Return the botocore Config of the client: one try."""
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 1}
    )


@dataclass(frozen=True, slots=True)
class AsynchronousCall:
    """Calls one function by ``InvocationType=Event``: Lambda keeps the call, and repeats it twice where it fails."""

    client: Any
    function: str

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Leave a call with Lambda; raises what the SDK raises, within two seconds."""
        self.client.invoke(
            FunctionName=self.function, InvocationType="Event", Payload=json.dumps(dict(event)).encode()
        )
