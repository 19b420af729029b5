"""What the wiring of every outbox has alike: who has its lines delivered, and one delivery at a time in a process."""

import threading
from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from chalicelib.outbox.delivery import Outcome
    from chalicelib.outbox.outbox import Courier, Outbox
    from chalicelib.wiring import Services

OWN_LINES_SECONDS = (
    20  # how long a deployed deliverer leaves a due line to the delivery that its own act began
)


class WithOutbox(ABC):
    """A group of services around one outbox."""

    thread_name: ClassVar[str]
    member: ClassVar[str]  # of the event of the function that delivers

    def __init__(self, at: "Services") -> None:
        self._at = at
        self._delivering = threading.Lock()

    @property
    @abstractmethod
    def outbox(self) -> "Outbox[Any]":
        """Return what keeps the lines until they have left."""

    @cached_property
    def courier(self) -> "Courier":
        """Return what has lines delivered once an act is done: the function that delivers mail, or a thread."""
        from chalicelib.outbox import couriers

        at = self._at
        if at.settings.mail_function is None:
            return couriers.ThreadCourier(
                at.world, deliver=self.deliver_now, next_due=self._next_due, name=self.thread_name
            )
        return couriers.FunctionCourier(lambda event: at.mail.function(event), self.member)  # noqa: PLW0108 - made by the first

    def deliver_now(self) -> "Outcome":
        """Deliver what is due; of this process one at a time, so that afterwards nothing is still on its way."""
        with self._delivering:
            return self.outbox.deliver_due()

    def _next_due(self) -> int | None:
        return self.outbox.next_due()

    @property
    def _patience(self) -> int:
        """Return for how many seconds a due line is left to another's delivery."""
        return OWN_LINES_SECONDS if self._at.settings.in_lambda else 0
