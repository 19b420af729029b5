"""A Lambda function of ours, called without waiting for what it does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AsynchronousCall:
    """Calls one function by ``InvocationType=Event``: Lambda keeps the call, and repeats it twice where it fails."""

    client: Any
    function: str

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Leave a call with Lambda; raises what the SDK raises, within its limits."""
        self.client.invoke(
            FunctionName=self.function, InvocationType="Event", Payload=json.dumps(dict(event)).encode()
        )
