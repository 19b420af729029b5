"""What most commands begin with: the services, who acts, and whom it is about."""

import getpass
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from cupbearer.cli.failures import Failure
from cupbearer.cli.output import note

if TYPE_CHECKING:
    from chalicelib.audit.trail import Source
    from chalicelib.users.user import User
    from chalicelib.wiring import Services

user_argument = click.argument("user", metavar="USER")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def services() -> "Services":
    """Return the services that the environment or a server that runs here describes; a store that begins is mentioned."""
    from pathlib import Path

    from chalicelib import wiring
    from cupbearer.cli import finding

    click.get_current_context().find_root().with_resource(_quiet())
    found = wiring.services(finding.settings)
    name = found.settings.store_name
    if found.settings.store_engine == "sqlite" and "store" not in vars(found) and not Path(name).exists():
        note(f"cupbearer: there was no store here; a new one begins in {Path(name).absolute()}")
    if found.settings.mail_function is None:
        found.mail.courier = lambda lines: _deliver(found, lines)  # a thread would end with the command
        found.log_outs.courier = lambda lines: _tell_clients(found, lines)
    return found


def _deliver(at: "Services", lines: tuple[str, ...]) -> None:
    """Send what a command has caused, before it ends; what cannot be sent now waits for the service."""
    if at.mail.is_shown:
        note(f"A mail waits: {at.settings.issuer}/outbox shows it where the server runs.")
    elif at.mail.is_sent and at.mail.outbox.deliver_due(*lines).wants_another:
        note("A mail could not be sent now. It is tried again: cupbearer mail list")


def _tell_clients(at: "Services", lines: tuple[str, ...]) -> None:
    """Tell clients of log-outs that a command has caused, before it ends; who cannot be told now is told by the service."""
    if at.log_outs.outbox.deliver_due(*lines).wants_another:
        note("A client could not be told of a log-out now. It is tried again: cupbearer log-outs list")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the service's log out of a command's answer: what fails is said in a sentence."""
    logger = logging.getLogger("cupbearer")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def source() -> "Source":
    """Return who acts, for the trail: the person at this machine."""
    from chalicelib import VERSION
    from chalicelib.audit.trail import Source

    try:
        person = getpass.getuser()
    except (KeyError, OSError):
        person = "unknown"
    return Source(user_agent=f"cupbearer command line {VERSION} ({person})")


def find_user(at: "Services", text: str) -> "User":
    """Return whom a user name, a verified e-mail or an id stands for.

    An id goes first, so that nobody is found in another's stead by a user name that looks like that id.
    """
    user = at.accounts.users.get(text) if is_id(text) else None
    user = user or _by_name(at, text)
    if user is None:
        look = f' Who only names it: cupbearer users list --email "{text}"' if "@" in text else ""
        raise Failure(
            f"There is no user {text!r}: give a user name, a verified e-mail address or an id.{look}"
        )
    return user


def find_user_or_trail(at: "Services", text: str) -> str:
    """Return the id of whom :func:`find_user` finds, or an id that only a trail tells of: its account is gone."""
    is_gone = is_id(text) and at.accounts.users.get(text) is None and _by_name(at, text) is None
    return text if is_gone and at.audit.of(text, limit=1)[0] else find_user(at, text).user_id


def find_user_by_any_address(at: "Services", text: str) -> "User":
    """Return whom :func:`find_user` finds, or else the one whose account names this address without proof.

    For looking, never for acting: an address that is not verified may be another's.
    """
    from chalicelib.errors import Invalid

    if "@" not in text or _by_name(at, text) is not None:
        return find_user(at, text)
    try:
        users, _ = at.accounts.addresses.claimed_by(text, limit=2)
    except Invalid:
        users = ()
    if len(users) > 1:
        raise Failure(f"Several accounts name {text!r}, none with proof: cupbearer users list --email {text}")
    return users[0] if users else find_user(at, text)


def named_by(
    at: "Services", address: str, *, after: str | None, limit: int
) -> "tuple[tuple[User, ...], str | None]":
    """Return whose account names an address: first who has it verified, then who only says so; and the next page's start."""
    from chalicelib.errors import Invalid

    try:
        claiming, cursor = at.accounts.addresses.claimed_by(address, after=after, limit=limit)
    except Invalid:
        raise Failure(f"{address!r} is no e-mail address.") from None
    verified = _by_name(at, address) if after is None else None
    return ((verified, *claiming) if verified else claiming), cursor


def is_id(text: str) -> bool:
    """Return whether a text has the form of a user's id."""
    from chalicelib.users.user_ids import is_user_id

    return is_user_id(text)


def user_shape(user: "User") -> dict[str, Any]:
    """Return what may be shown of a user: all but the hash."""
    from chalicelib.users.listed_user import ListedUser

    return ListedUser.of(user).data() | {
        "has_password": user.password is not None,
        "providers": sorted({identity.provider for identity in user.identities}),
        "seen_at": user.seen_at,
    }


def _by_name(at: "Services", text: str) -> "User | None":
    from chalicelib.errors import Invalid

    try:
        return at.accounts.users.find(text)
    except Invalid:
        return None  # what can be nobody's name is nobody's name
