"""Wiring of mail: the outbox, who delivers it, and the way out that the settings name."""

from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalicelib.errors import Unavailable
from chalicelib.settings import settings
from chalicelib.wiring_outbox import WithOutbox

if TYPE_CHECKING:
    from email.headerregistry import Address

    from chalicelib.mail.caps import MailCaps
    from chalicelib.mail.console import Console
    from chalicelib.mail.delivery import Delivery
    from chalicelib.mail.outbox import Outbox
    from chalicelib.mail.senders import Sender
    from chalicelib.mail.tickets import Tickets
    from chalicelib.outbound.asynchronous import AsynchronousCall
    from chalicelib.settings.structured import Brand


class Mail(WithOutbox):
    """``services.mail``."""

    thread_name = "mail"
    member = "lines"

    @property
    def is_shown(self) -> bool:
        """Return whether mail is shown on this machine, and sent to nobody."""
        return self._at.settings.mail == "console:" and not self._at.settings.in_lambda

    @property
    def is_sent(self) -> bool:
        """Return whether mail leaves at all; where it does not, whatever needs it is not offered."""
        return self._at.settings.mail is not None

    @cached_property
    def caps(self) -> "MailCaps":
        """Return how many mails may be caused."""
        from chalicelib.mail.caps import MailCaps

        return MailCaps(self._at.credentials.throttle)

    @cached_property
    def outbox(self) -> "Outbox":
        """Return what keeps mails until they have left."""
        from chalicelib.mail.outbox import Outbox

        at = self._at
        return Outbox(at.store, at.world, self.courier, lambda: self.delivery, is_sent=self.is_sent)

    @cached_property
    def function(self) -> "AsynchronousCall":
        """Return what calls the function that delivers."""
        from chalicelib.outbound import aws
        from chalicelib.outbound.asynchronous import AsynchronousCall, client_config

        client = aws.client("lambda", client_config(), region=settings.aws_region())
        return AsynchronousCall(client, self._at.settings.mail_function or "")

    @cached_property
    def delivery(self) -> "Delivery":
        """Return what takes mails out of the outbox. Unavailable where the way out cannot be looked up."""
        from chalicelib.i18n.languages import SOURCE
        from chalicelib.mail.composing import Composer
        from chalicelib.mail.delivery import Delivery

        at = self._at
        reply_to = at.settings.mail_reply_to
        composer = Composer(
            at.settings.issuer,
            self._sender_address,
            None if reply_to is None else _address("MAIL_REPLY_TO", reply_to),
            _look(at.settings.brand),
            at.settings.languages[0] if at.settings.languages else SOURCE,
        )
        tickets = self.tickets.values
        return Delivery(at.store, at.world, composer, self.sender, tickets, patience=self._patience)

    @cached_property
    def tickets(self) -> "Tickets":
        """Return what links and codes in mails stand for."""
        from chalicelib.mail.ticket_secrets import TicketSecrets
        from chalicelib.mail.tickets import Tickets

        at = self._at
        return Tickets(at.store, at.world, TicketSecrets(lambda: at.keys.mac), at.settings.issuer)

    @cached_property
    def console(self) -> "Console":
        """Return what shows mails in place of sending them."""
        from chalicelib.mail.console import Console

        return Console()

    @cached_property
    def sender(self) -> "Sender":
        """Return the way out that is set."""
        from chalicelib.settings.mail import parse_route

        if self._at.settings.mail is None:
            raise Unavailable("No mail is sent here: CUPBEARER_MAIL is none.")
        route = parse_route(self._at.keys.revealed(self._at.settings.mail))
        if route.scheme == "console":
            return self.console
        if route.scheme == "ses":
            from chalicelib.outbound import aws
            from chalicelib.outbound.ses import Ses, client_config

            region = route.region or settings.aws_region()
            return Ses(aws.client("sesv2", client_config(), region=region))
        from chalicelib.outbound.smtp import SmtpServer

        return SmtpServer(
            tls=route.tls,
            host=route.host,
            port=route.port,
            helo=self._sender_address.domain,
            user=route.user,
            password=route.password,
        )

    @cached_property
    def _sender_address(self) -> "Address":
        issuer = self._at.settings.issuer
        return _address("MAIL_FROM", self._at.settings.mail_from or f"no-reply@{urlsplit(issuer).hostname}")


def _look(brand: "Brand") -> dict[str, str]:
    """Return what mails show of a brand; what it leaves out is the house's."""
    from chalicelib.settings.accent import palette

    pair = palette(brand.accent)
    return {
        "wine": pair.light.wine,
        "on_wine": pair.light.on_wine,
        "wine_at_night": pair.dark.wine,
        "on_wine_at_night": pair.dark.on_wine,
        "edge_at_night": pair.dark.pour,
        "support": brand.support_url or "",
        **({"service": brand.name} if brand.name else {}),
    }


def _address(variable: str, text: str) -> "Address":
    from email.headerregistry import Address

    from chalicelib.settings.mail import parse_address

    parsed = parse_address(variable, text)
    return Address(display_name=parsed.name or "", addr_spec=parsed.address)
