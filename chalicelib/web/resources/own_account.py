"""``/users/me``: one's own account."""

from typing import TYPE_CHECKING

import msgspec

from chalicelib.web import language
from chalicelib.web.call import NO_CONTENT
from chalicelib.web.cookies import browser_session
from chalicelib.web.resources.proofs import Proof, Shown
from chalicelib.web.resources.shapes import ClosedShape, UserAnswer, deleted
from chalicelib.web.resources.told_shapes import ActivityPage, EventShape
from chalicelib.web.routes import Answer, Api, Call

if TYPE_CHECKING:
    from chalicelib.users.user import User

api = Api("users")


class ProfileChange(Proof):
    """What to change of one's own profile; what is left out stays. The rest proves the person where that is asked for."""

    name: str | msgspec.UnsetType | None = msgspec.UNSET
    email: str | msgspec.UnsetType | None = msgspec.UNSET
    username: str | msgspec.UnsetType = msgspec.UNSET
    language: str | msgspec.UnsetType = (
        msgspec.UNSET
    )  # of pages and mails, as ``de``; "": what the browser asks for


class PasswordChange(Shown, kw_only=True):
    """``current_password`` may be left out only where there is none yet, after a log-in of the last five minutes."""

    new_password: str
    current_password: str | None = None


class Deletion(Proof):
    """A second factor of the last five minutes where the person has one; else the password, or a log-in as young."""


@api.route("/users/me", methods=["GET"], own=True, gives=UserAnswer)
def own_profile(call: Call) -> Answer:
    """Return one's own profile."""
    return Answer(UserAnswer.of_own(call.services.accounts.self_service.acting(call.principal).user))


@api.route(
    "/users/me", methods=["PATCH"], own=True, body=ProfileChange, gives=UserAnswer, refuses=(400, 409, 429)
)
def change_own_profile(call: Call) -> Answer:
    """Change one's own name, e-mail address or language.

    A new address is unverified, and where mail is sent, one that proves it goes there. Beside a verified address the new one
    waits as ``waiting_email`` until it is proven; the old one is told then, and can undo it for seven days.
    """
    form: ProfileChange = call.body
    asked = {"name": form.name, "email": form.email, "username": form.username, "language": form.language}
    changes = {name: value for name, value in asked.items() if value is not msgspec.UNSET}
    own = call.services.accounts.self_service
    user = own.change_profile(
        own.acting(call.principal),
        changes=changes,
        password=form.password,
        answer=form.answer,
        source=browser_session.source(call),
    )
    kept = browser_session.set_cookies(
        language.remembering(call, user.language) if "language" in changes else ()
    )
    return Answer(UserAnswer.of_own(user, _waiting(changes.get("email"), user)), headers=kept)


@api.route(
    "/users/me",
    methods=["DELETE"],
    own=True,
    body=Deletion,
    body_may_be_empty=True,
    status=204,
    later=ClosedShape,
    refuses=(400, 403, 429),
)
def delete_own_account(call: Call) -> Answer:
    """Delete one's own account for ever.

    Asks for a second factor of the last five minutes where there is one, else for the password or a log-in as young.
    Where the service gives a grace, the account is closed at once and the answer is 202 with the time when it is gone:
    until then a log-in is refused as ``account_closed``, with what takes it back at ``POST /account-restorations``.
    """
    own = call.services.accounts.self_service
    form, source = call.body, browser_session.source(call)
    deletes_at = own.delete_own(
        own.acting(call.principal), password=form.password, answer=form.answer, source=source
    )
    return deleted(deletes_at, headers=browser_session.set_cookies(browser_session.dropped()))


@api.route(
    "/users/me/password",
    methods=["PUT"],
    own=True,
    body=PasswordChange,
    status=204,
    refuses=(400, 403, 409, 429),
    repeatable=True,
)
def change_password(call: Call) -> Answer:
    """Change one's own password; all other sessions end.

    Asks for a second factor of the last five minutes too where there is one: 403 ``second_factor_required`` without it.
    """
    own = call.services.accounts.self_service
    own.change_password(
        own.acting(call.principal),
        current=call.body.current_password,
        new=call.body.new_password,
        answer=call.body.answer,
        source=browser_session.source(call),
        attempt=call.attempt(),
    )
    return NO_CONTENT


@api.route(
    "/users/me/activity",
    methods=["GET"],
    own=True,
    query=("limit", "cursor"),
    gives=ActivityPage,
    refuses=(400,),
)
def own_activity(call: Call) -> Answer:
    """Return what happened to one's own account, newest first."""
    user = call.services.accounts.self_service.acting(call.principal).user
    events, cursor = call.services.audit.of(user.user_id, after=call.cursor(), limit=call.page_limit())
    shapes = [EventShape.of_own(event, user.user_id) for event in events]
    return Answer(ActivityPage(shapes, cursor))


def _waiting(wanted: str | None, user: "User") -> str | None:
    """Return the address that was asked for, where it is not the account's yet."""
    from chalicelib.users import names

    address = names.canonical_email(wanted).display if wanted is not None else user.email
    return None if address == user.email else address
