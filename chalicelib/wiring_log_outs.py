"""Wiring of back-channel log-out: the outbox of what clients are told, and who delivers it."""

import threading
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.outbox.delivery import Delivery, Outcome
    from chalicelib.outbox.outbox import Courier
    from chalicelib.sessions.log_outs import LogOuts as Outbox
    from chalicelib.wiring import Services

OWN_LINES_SECONDS = (
    20  # how long a deployed deliverer leaves a due line to the delivery that its own act began
)
AT_ONCE = 8  # clients that are told side by side: one that answers slowly keeps few others waiting
MEMBER = "log_outs"  # of the function's event


class LogOuts:
    """``services.log_outs``."""

    def __init__(self, at: "Services") -> None:
        self._at = at
        self._delivering = threading.Lock()

    @cached_property
    def outbox(self) -> "Outbox":
        """Return what keeps log-outs until clients know of them."""
        from chalicelib.sessions.log_outs import LogOuts as Outbox

        return Outbox(self._at.store, self._at.world, self.courier, lambda: self.delivery)

    @cached_property
    def courier(self) -> "Courier":
        """Return what has log-outs delivered once an act is done: the function that delivers mail, or a thread."""
        from chalicelib.outbox import couriers

        at = self._at
        if at.settings.mail_function is None:
            return couriers.ThreadCourier(
                at.world, deliver=self.deliver_now, next_due=self._next_due, name="log_out"
            )
        return couriers.FunctionCourier(lambda event: at.mail.function(event), MEMBER)  # noqa: PLW0108 - made by the first

    def deliver_now(self) -> "Outcome":
        """Deliver what is due; of this process one at a time."""
        with self._delivering:
            return self.outbox.deliver_due()

    def _next_due(self) -> int | None:
        return self.outbox.next_due()

    @cached_property
    def delivery(self) -> "Delivery":
        """Return what takes log-outs out of the outbox."""
        from chalicelib.oauth.backchannel_logout import BackChannelLogout
        from chalicelib.outbound.back_channel import BackChannel
        from chalicelib.outbox.delivery import Delivery
        from chalicelib.sessions.log_outs import KIND

        at = self._at
        post = BackChannel(allow_loopback_http=not at.settings.production).post
        way = BackChannelLogout(at.oauth.clients, at.oauth.logout_tokens, post)
        patience = OWN_LINES_SECONDS if at.settings.in_lambda else 0
        return Delivery(at.store, at.world, KIND, way, patience=patience, at_once=AT_ONCE)
