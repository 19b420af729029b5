"""Refusals of log-ins and acts that want a second factor; the other refusals stand in :mod:`.errors`."""

from chalicelib.errors import Refusal


class SecondFactorRequired(Refusal):
    """The first proof is right, and the person has a second factor: ``kinds`` says which can be shown.

    ``pending_token`` goes on with this log-in, for five minutes; None where the same request is to be sent again with it.
    """

    code = "second_factor_required"

    def __init__(self, pending_token: str | None, kinds: tuple[str, ...]) -> None:
        super().__init__(
            "Show a second factor: a passkey, a code of your authenticator app or a recovery code."
        )
        self.pending_token = pending_token
        self.kinds = kinds


class SecondFactorRefused(Refusal):
    """A second factor that proves nothing: ``wrong``, ``used`` or ``cloned``; or the log-in that it was for is ``over``."""

    code = "invalid_second_factor"

    def __init__(self, detail: str, *, reason: str = "wrong") -> None:
        super().__init__(detail)
        self.reason = reason

    @property
    def public_code(self) -> str:
        """Return ``log_in_over`` where it has to begin anew."""
        return "log_in_over" if self.reason == "over" else self.code
