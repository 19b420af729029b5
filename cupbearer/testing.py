"""What stands behind the pytest fixtures: the project's app on a store and a clock of its own, and callers of it.

Nothing is faked: users sign up, tokens are signed, the authorizer decides. Only passwords are hashed at a price that
guards nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, nullcontext
from functools import cached_property
from importlib import import_module
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chalicelib import scopes, wiring
from chalicelib.authentication.log_in import LogInResult
from chalicelib.credentials.passwords import CHEAPEST_ONLY_FOR_TESTING, Passwords
from chalicelib.mail.console import Console
from chalicelib.settings import settings
from chalicelib.settings.reader import SettingsError
from chalicelib.users.user import new_user
from chalicelib.wiring_credentials import Credentials
from chalicelib.wiring_log_outs import LogOuts
from chalicelib.wiring_mail import Mail
from chalicelib.world import SYSTEM, World
from cupbearer.testing_apps import token_of_app
from cupbearer.testing_caller import Client
from cupbearer.testing_values import SOURCE, Clock, Reply

__all__ = [
    "QUICK_TO_MAKE",
    "SOURCE",
    "AppUnderTest",
    "Client",
    "Clock",
    "QuickServices",
    "Reply",
    "token_of_app",
]

QUICK_TO_MAKE = {
    "CUPBEARER_SIGNING_ALG": "ES256"
}  # an RSA key for every test would take longer than the test


def _samples(given: Mapping[str, str]) -> str:
    """Return whether ``app.py`` has the samples; its routes are made once, as the environment says."""
    served = "on" if settings.from_environment().samples else "off"
    if given.get("CUPBEARER_SAMPLES", served) != served:
        raise SettingsError(
            "CUPBEARER_SAMPLES",
            f"is {served} in this process: set it in the environment that pytest starts in",
        )
    return served


class QuickServices(wiring.Services):
    """The services as the settings describe them, with cheap password hashes."""

    @cached_property
    def credentials(self) -> Credentials:
        """Return them with a hasher whose hashes guard nothing and cost nothing."""
        made, chosen = Credentials(self), self.settings
        made.passwords = Passwords(
            self.world,
            min_length=chosen.password_min_length,
            profile=CHEAPEST_ONLY_FOR_TESTING,
            is_on=chosen.password_log_in,
        )
        return made

    @cached_property
    def mail(self) -> Mail:
        """Return it with an outbox whose mails stay there until they are read, and are printed nowhere."""
        made = Mail(self)
        made.courier = lambda _lines: None
        made.console = Console(say=lambda _text: None)
        return made

    @cached_property
    def log_outs(self) -> LogOuts:
        """Return it with an outbox whose log-outs stay there until a test has them delivered."""
        made = LogOuts(self)
        made.courier = lambda _lines: None
        return made


class AppUnderTest:
    """One app with a store in ``folder`` and a clock that stands still until it is moved."""

    def __init__(self, project: Path, folder: Path, variables: Mapping[str, str] | None = None) -> None:
        given = dict(variables or {})
        defaults = {
            "CUPBEARER_STORE": f"sqlite:///{folder / 'cupbearer.db'}",
            "CUPBEARER_SAMPLES": _samples(given),
            **QUICK_TO_MAKE,
        }
        self.clock = Clock()
        self.settings = settings.parse(defaults | given)
        self.services: wiring.Services = QuickServices(
            self.settings, World(now=self.clock, monotonic=self.clock, sleep=SYSTEM.sleep)
        )
        self.on_reply: Callable[[str, str, Reply], None] | None = (
            None  # called with every method, path and answer
        )
        self._project = project
        self._numbers = count(1)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(wiring.using(self.services))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "store" in vars(self.services) and hasattr(self.services.store, "close"):
            self.services.store.close()
        self._open.close()

    def client(self) -> Client:
        """Return a caller without a token."""
        return Client(self)

    @cached_property
    def app(self) -> Any:
        """Return the project's app, imported as Chalice imports it."""
        return import_module("app").app

    @cached_property
    def http(self) -> Any:
        """Return Chalice's own test client of the app, for many threads at once."""
        from chalice.test import Client as ChaliceClient

        from cupbearer.local_gateway import serve_many_threads

        serve_many_threads(self.app)
        http = ChaliceClient(self.app, project_dir=str(self._project)).http
        # It would put another os.environ in place for each request, and two threads would not put the old one back.
        http._patched_env_vars = lambda _variables: nullcontext()  # noqa: SLF001 - it has no such option
        return http

    def sign_up(
        self, *, granted: Iterable[str] | None = None, name: str | None = None, username: str | None = None
    ) -> tuple[LogInResult, str]:
        """Make a user and log in; return the tokens and the password."""
        password = self.services.world.secret()
        given = self.settings.default_scopes if granted is None else scopes.parse_each(granted)
        wanted = new_user(username=username or f"user-{next(self._numbers)}", name=name)
        _, signed_in = self.services.accounts.sign_up.make_account(
            wanted, password=password, granted=given, source=SOURCE, log_in=True
        )
        if signed_in is None:
            raise RuntimeError("a sign-up with log_in begins a session")
        return signed_in, password
