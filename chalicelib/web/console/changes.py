"""What a form of the console does: ours, of this very log-in, by who may change things, and in their name (CO-2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.audit.doers import Doer
from chalicelib.errors import FormRefused, InsufficientScope, Invalid, NotAllowed, NotFound, SlowDown, Taken
from chalicelib.i18n.said import said
from chalicelib.web import forms, refusals
from chalicelib.web.call import Answer, Call
from chalicelib.web.console.frame import FORM, Outcome, Visit, console_page, own_address
from chalicelib.web.cookies import browser_session
from chalicelib.web.pages import form_words
from chalicelib.web.pages.page_forms import SHOWN_STATUS, demand_own_form, see_other

if TYPE_CHECKING:
    from chalicelib.accounts.operators import Operator
    from chalicelib.audit.trail import Source

Show = Callable[[Visit, Outcome], Answer]


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody who may change things asks for."""

    visit: Visit
    fields: Mapping[str, str]
    operator: "Operator"  # its ``authority`` goes to the verbs of accounts, its ``actor`` to those that only write the trail
    source: "Source"

    @property
    def call(self) -> Call:
        """Return the request."""
        return self.visit.call

    @property
    def doer(self) -> Doer:
        """Return what stands for the operator where no account is changed: for the trail, and what the commit demands."""
        return Doer(self.operator.actor, lambda: self.operator.look().checks)

    def demand_typed(self, name: str, text: str) -> None:
        """Demand that a field repeats a text, as a confirmation of what cannot be undone. Raises Invalid."""
        typed = self.fields.get(name, "")
        if typed.split() != text.split():  # a page shows one space for several
            raise Invalid(
                "It is not confirmed.", errors={name: said("Type {text} here, if you mean it.", text=text)}
            )


Acts = Mapping[str, tuple[Callable[[Change], Answer | str | None], str]]


def changed(call: Call, acts: Acts, show: Show) -> Answer:
    """Do what the field ``act`` of a form names.

    An act returns a page of its own, or the path that is shown next, or None for the page that the form is on; a
    refusal is said on that page. The page learns by the query ``done`` which act it was: :func:`outcome_of`.
    """
    return console_page(lambda visit: _changed(visit, acts, show))(call)


def outcome_of(call: Call, acts: Acts) -> Outcome:
    """Return what a page says that was led to by an act that was done."""
    done = call.one("done") or ""
    return Outcome(done=acts[done][1] if done in acts else "")


def _changed(visit: Visit, acts: Acts, show: Show) -> Answer:
    call, fields = visit.call, forms.single(visit.call)
    demand_own_form(
        call, browser_session.browser(call), fields.get("csrf"), FORM, visit.live.session.session_id
    )
    operator = call.services.accounts.operators.logged_in(
        visit.live
    )  # raises where it holds no more than reading
    name = fields.get("act", "")
    if name not in acts:
        raise FormRefused("There is no such act.")
    try:
        answer = acts[name][0](Change(visit, fields, operator, browser_session.source(call)))
    except (Invalid, NotAllowed, NotFound, SlowDown, Taken, InsufficientScope) as refusal:
        status = refusals.medium(refusal).status
        told = form_words.told(refusal, fields)
        return show(visit, Outcome(told=told, status=SHOWN_STATUS.get(status, status), fields=fields))
    if isinstance(answer, Answer):
        return answer
    return see_other(f"{call.services.settings.issuer}{answer or own_address(call)}?done={name}")
