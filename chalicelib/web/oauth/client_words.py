"""A client in a person's words, for the page that asks about it (OP-7).

Where nobody here vouches for a client its name is its own invention, so the person is asked about what it cannot invent:
the host that speaks for it, or where the answer goes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib import urls
from chalicelib.i18n.said import said
from chalicelib.oauth import redirect_uris

if TYPE_CHECKING:
    from chalicelib.oauth.client import Client

THIS_COMPUTER = said("a program on this computer")


@dataclass(frozen=True, slots=True)
class ClientWords:
    """How a client is called. ``called`` is what the person is asked about; ``claimed`` the name it gave itself, if that differs.

    ``returns_to`` is where the answer goes, if that is told apart;
    ``address`` the same of one whose name an operator stands for. ``anybody`` is whether any program here can pass for it.
    """

    called: str
    claimed: str | None = None
    returns_to: str | None = None
    anybody: bool = False
    address: str | None = None

    @property
    def here(self) -> bool:
        """Return whether its address is none, but this very computer."""
        return self.address == THIS_COMPUTER


def client_words(client: "Client", redirect_uri: str) -> ClientWords:
    """Return how a person is asked about a client that is answered at this redirect URI."""
    if client.vouched:
        return ClientWords(client.name, address=_target(redirect_uri))
    loopback, there = redirect_uris.is_loopback(redirect_uri), _target(redirect_uri)
    web = urls.read(client.client_id)
    called = there if web is None else web.origin.partition("://")[2]
    return ClientWords(called, client.name, there if there != called else None, loopback and client.public)


def device_words(client: "Client") -> ClientWords:
    """Return how a person is asked about a client that no redirect URI answers; of one nobody vouches for, its id is told."""
    if client.vouched:
        hosts = map(urls.read, client.redirect_uris)
        address = next(
            (web.origin.partition("://")[2] for web in hosts if web and web.scheme == "https"), None
        )
        return ClientWords(client.name, address=address)
    return ClientWords(client.called, client.name)


def _target(redirect_uri: str) -> str:
    """Return whom a redirect URI leads to: a host, a program's own scheme, or this computer."""
    if redirect_uris.is_loopback(redirect_uri):
        return THIS_COMPUTER
    web = urls.read(redirect_uri)
    return redirect_uri.partition(":")[0].lower() if web is None else web.origin.partition("://")[2]
