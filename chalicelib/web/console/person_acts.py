"""What an operator does with one person's account: the verbs of the command line and of the JSON routes (CO-2, CO-4)."""

from chalicelib import scopes
from chalicelib.errors import Invalid, NotAllowed
from chalicelib.web import forms
from chalicelib.web.call import Answer
from chalicelib.web.console.changes import Acts, Change

LIST = "/console"


def _id(change: Change) -> str:
    return change.call.params["user_id"]


def _wanted(change: Change) -> scopes.Scopes:
    found = scopes.parse_each(change.fields.get("scope", "").split())
    if not found:
        raise Invalid("No scope was named.", errors={"scope": "Name one, such as orders:read."})
    return found


def _grant(change: Change) -> None:
    wanted = _wanted(change)
    administration = change.call.services.accounts.administration
    administration.change_scopes(
        _id(change), lambda held: held | wanted, source=change.source, by=change.operator.authority
    )


def _revoke(change: Change) -> None:
    wanted = _wanted(change)
    administration = change.call.services.accounts.administration
    administration.change_scopes(
        _id(change), lambda held: held - wanted, source=change.source, by=change.operator.authority
    )


def _disable(change: Change) -> None:
    administration = change.call.services.accounts.administration
    administration.administer(_id(change), disabled=True, source=change.source, by=change.operator.authority)


def _enable(change: Change) -> None:
    administration = change.call.services.accounts.administration
    administration.administer(_id(change), disabled=False, source=change.source, by=change.operator.authority)


def _unlock(change: Change) -> None:
    administration = change.call.services.accounts.administration
    administration.unlock(_id(change), source=change.source, actor=change.operator.actor)


def _end(change: Change) -> None:
    administration, session_id = (
        change.call.services.accounts.administration,
        forms.named(change.fields, "session"),
    )
    administration.end_session(_id(change), session_id, source=change.source, actor=change.operator.actor)


def _end_all(change: Change) -> None:
    administration = change.call.services.accounts.administration
    administration.end_session(_id(change), None, source=change.source, actor=change.operator.actor)


def _demand_another(change: Change) -> None:
    """Refuse what takes a proof from the operator's own account: the account page asks for that proof first (MF-3)."""
    if _id(change) == change.operator.user_id:
        raise NotAllowed("Do this at your own account page.", code="own_account")


def _reset_factors(change: Change) -> None:
    _demand_another(change)
    reset = change.call.services.second_factors.reset
    reset.ask(_id(change), source=change.source, actor=change.operator.actor)


def _reset_factors_now(change: Change) -> None:
    _demand_another(change)
    _confirmed(change, "factors_confirm")
    reset = change.call.services.second_factors.reset
    reset.act(_id(change), source=change.source, actor=change.operator.actor)


def _send_reset(change: Change) -> None:
    reset = change.call.services.ways_back.password_reset
    reset.ask_for(_id(change), source=change.source, actor=change.operator.actor)


def _confirmed(change: Change, field: str) -> None:
    user = change.call.services.accounts.users.require(_id(change))
    change.demand_typed(field, user.username)


def _delete(change: Change) -> Answer | str | None:
    _confirmed(change, "confirm")
    deletes_at = change.call.services.accounts.deletion.delete(
        _id(change), source=change.source, by=change.operator.authority
    )
    return LIST if deletes_at is None else None


def _undelete(change: Change) -> None:
    change.call.services.accounts.deletion.undelete(
        _id(change), source=change.source, by=change.operator.authority
    )


ACTS: Acts = {
    "grant": (_grant, "The scopes are granted. They count from the next refresh on."),
    "revoke": (_revoke, "The scope is taken away. It is gone from the next refresh on."),
    "disable": (_disable, "The account is disabled, and every session is ended."),
    "enable": (_enable, "The person may log in again."),
    "unlock": (_unlock, "The lock after wrong passwords is lifted."),
    "end": (_end, "The session is ended."),
    "end-all": (_end_all, "Every session is ended."),
    "reset-factors": (
        _reset_factors,
        "The second factors end in a day. Until then the person can keep them.",
    ),
    "reset-factors-now": (_reset_factors_now, "The second factors are gone, and every session is ended."),
    "send-reset": (_send_reset, "A link to a new password is on its way."),
    "delete": (_delete, "The account is deleted."),
    "undelete": (_undelete, "The account is open again."),
}
