"""The closed family of refusals. Each has a public, stable ``code``; ``web/refusals.py`` says what each medium makes of it.

Raise the one that is known where it is known. Anything that is not a :class:`Refusal` is a defect: it is logged
in full and shown as one sentence.
"""

from collections.abc import Mapping
from typing import ClassVar


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of ours
    """Something that was asked for is not done. ``detail`` is a sentence for the person who asked."""

    code: ClassVar[str] = "refused"
    detail: str

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __reduce__(self) -> tuple[object, ...]:
        """Cross from one process to another as it is: ``__init__`` of most takes something else than a detail."""
        return _restored, (type(self), self.args), self.__dict__

    @property
    def public_code(self) -> str:
        """Return the stable word a program may act on."""
        return self.code


def _restored(kind: type[Refusal], args: tuple[object, ...]) -> Refusal:
    return kind.__new__(kind, *args)


class Invalid(Refusal):
    """Malformed, or refused by a rule. ``errors`` names fields and says what each wants."""

    code = "invalid_request"

    def __init__(
        self, detail: str, *, code: str = "invalid_request", errors: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.rule = code
        self.errors = dict(errors or {})

    @property
    def public_code(self) -> str:
        """Return the rule that refused it: ``invalid_request``, ``weak_password``, ``invalid_scope`` and the like."""
        return self.rule


class FormRefused(Refusal):
    """A form that is malformed, or that no page of ours gave to this browser (BR-2, OP-5)."""

    code = "invalid_request"


class InvalidCredentials(Refusal):
    """A wrong password, no such user, a disabled user: one kind on purpose (EN-1)."""

    code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__(
            "The user name or the password is wrong. After many wrong tries none is taken for a while."
        )


class InvalidToken(Refusal):
    """A bearer token that opens nothing. ``reason`` is for logs and ``why-denied``, never for the caller."""

    code = "invalid_token"

    def __init__(self, reason: str) -> None:
        super().__init__("The access token is missing, malformed, expired or revoked.")
        self.reason = reason


REFRESH_REASONS = {
    "invalid_token": "This is not a refresh token of ours.",
    "expired": "The session has reached its greatest age: log in again.",
    "idle": "The session was unused for too long: log in again.",
    "spent": "This refresh token was just spent: use the one that came in its place.",
    "reused": "This refresh token was used before, which may mean that it was stolen: the session is ended.",
    "revoked": "The session was ended: log in again.",
    "password_changed": "The password was changed: log in again.",
    "disabled": "This account is disabled.",
}


class RefreshRefused(Refusal):
    """A refresh token that is not honoured; ``reason`` is one of :data:`REFRESH_REASONS` and public."""

    code = "invalid_token"

    def __init__(self, reason: str) -> None:
        super().__init__(REFRESH_REASONS[reason])
        self.reason = reason

    @property
    def public_code(self) -> str:
        """Return the reason."""
        return self.reason


class TicketRefused(Refusal):
    """A link of a mail that opens nothing. ``reason`` is for logs, never for who shows it: it tells of an account."""

    code = "invalid_ticket"

    def __init__(self, reason: str) -> None:
        super().__init__("This link was used, is too old, or a newer one was sent: ask for a new one.")
        self.reason = reason


class InsufficientScope(Refusal):
    """The token is good, but does not reach this far (RFC 6750 section 3.1)."""

    code = "insufficient_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f'scope "{scope}" is required')
        self.scope = scope


class NotAllowed(Refusal):
    """Forbidden for a reason other than scope; ``code`` says which."""

    def __init__(self, detail: str, *, code: str) -> None:
        super().__init__(detail)
        self.rule = code

    @property
    def public_code(self) -> str:
        """Return the reason: ``wrong_password``, ``own_token_required``, ``sign_up_closed`` and the like."""
        return self.rule


class NotFound(Refusal):
    """There is no such thing, or it is not yours to know of."""

    code = "not_found"

    def __init__(self, what: str = "resource") -> None:
        super().__init__(f"There is no such {what}.")


class Taken(Refusal):
    """Another has it already: ``username_taken``, ``email_taken`` or ``conflict``."""

    code = "conflict"

    def __init__(self, detail: str, *, code: str = "conflict") -> None:
        super().__init__(detail)
        self.rule = code

    @property
    def public_code(self) -> str:
        """Return what is taken."""
        return self.rule


class KeyReused(Refusal):
    """An ``Idempotency-Key`` that was given with another request before."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request: make a new one for each act.")


class TooLarge(Refusal):
    """The body is over the limit (IN-1)."""

    code = "too_large"


class UnsupportedMediaType(Refusal):
    """The body is of a type that this route does not read."""

    code = "unsupported_media_type"


class SlowDown(Refusal):
    """Too many tries. ``retry_after`` is whole seconds, at least one (TH-1)."""

    code = "slow_down"

    def __init__(self, retry_after: float) -> None:
        super().__init__("Too many tries: wait, then try again.")
        self.retry_after = max(1, int(retry_after + 0.999))


class Unavailable(Refusal):
    """A part we stand on is in trouble; nothing was done. ``retry_after`` is whole seconds (AV-2)."""

    code = "unavailable"

    def __init__(
        self, detail: str = "The service is briefly unavailable: try again.", *, retry_after: int = 2
    ) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class WrongMasterKey(Unavailable):
    """The keys in the store exist, and this process cannot read them: an operator has to do something."""

    def __init__(self) -> None:
        super().__init__(
            "The keys in this store were wrapped with another master key: give that one (CUPBEARER_MASTER_KEY, "
            "or the file master.key beside the database)."
        )
