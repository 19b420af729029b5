"""Wiring of back-channel log-out: the outbox of what clients are told, and who delivers it."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.wiring_outbox import WithOutbox

if TYPE_CHECKING:
    from chalicelib.outbox.delivery import Delivery
    from chalicelib.sessions.log_outs import LogOuts as Outbox

AT_ONCE = 8  # clients that are told side by side: one that answers slowly keeps few others waiting


class LogOuts(WithOutbox):
    """``services.log_outs``."""

    thread_name = "log_out"
    member = "log_outs"

    @cached_property
    def outbox(self) -> "Outbox":
        """Return what keeps log-outs until clients know of them."""
        from chalicelib.sessions.log_outs import LogOuts as Outbox

        return Outbox(self._at.store, self._at.world, self.courier, lambda: self.delivery)

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
        return Delivery(at.store, at.world, KIND, way, patience=self._patience, at_once=AT_ONCE)
