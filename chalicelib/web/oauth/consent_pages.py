"""The page where a person decides what an application may have (OP-7)."""

from typing import TYPE_CHECKING

from chalicelib.web import forms
from chalicelib.web.call import HTML
from chalicelib.web.cookies import browser_session
from chalicelib.web.oauth.client_words import client_words
from chalicelib.web.oauth.page_refusals import page
from chalicelib.web.pages.page_forms import csrf_token, demand_own_form
from chalicelib.web.routes import Answer, Api, Call
from chalicelib.web.scope_words import at_apis, in_words

if TYPE_CHECKING:
    from chalicelib.oauth.steps import Question, Step
    from chalicelib.web.oauth.authorization_flow import Pending

api = Api("pages")


@api.route("/consent", methods=["GET"], public=True, query=("request",), content_type=HTML, refuses=(400,))
@page
def consent_page(call: Call) -> Answer:
    """Ask the person whether an application may have what it asks for."""
    from chalicelib.oauth.redirect_uris import form_target
    from chalicelib.oauth.steps import Step
    from chalicelib.web.oauth import authorization_flow
    from chalicelib.web.pages.rendering import render

    browser, text = browser_session.browser(call), call.one("request") or ""
    pending = authorization_flow.opened(call, browser, text)
    question = _question(call, pending)
    if isinstance(question, Step):
        return authorization_flow.to_step(call, question, browser, pending)
    return render(
        "consent.html",
        form_action=(form_target(question.request.redirect_uri),),
        client=client_words(question.client, question.request.redirect_uri),
        user=question.logged_in.user.display_name,
        another=authorization_flow.to_another_account(call, text),
        wanted=in_words(question.wanted, question.audience),
        apis=at_apis(question.audience, call.services.oauth.resource_indicators),
        request=text,
        csrf=csrf_token(call, browser, "consent", *question.shown(text)),
    )


@api.route(
    "/consent", methods=["POST"], public=True, form=True, status=303, content_type=HTML, refuses=(400,)
)
@page
def decide(call: Call) -> Answer:
    """Take the person's decision and go back to the application with a code, or with its refusal."""
    from chalicelib.oauth.steps import Step
    from chalicelib.web.oauth import authorization_flow

    fields, browser = forms.single(call), browser_session.browser(call)
    text = fields.get("request", "")
    pending = authorization_flow.opened(call, browser, text)
    question = _question(call, pending)
    if isinstance(question, Step):
        return authorization_flow.to_step(call, question, browser, pending)
    demand_own_form(call, browser, fields.get("csrf"), "consent", *question.shown(text))
    authorization = call.services.oauth.authorization
    if fields.get("decision") != "allow":
        authorization.refuse(question, form=text, source=call.source)
    step = authorization.approve(question, form=text, source=call.source)
    return authorization_flow.lead_on(call, question.request, browser, step)


def _question(call: Call, pending: "Pending") -> "Question | Step":
    """Return what the person is asked, or what comes first."""
    if pending.request is None:
        from chalicelib.oauth.steps import Step

        return Step.LOG_IN
    logged_in = browser_session.logged_in(call)
    return call.services.oauth.authorization.question(pending.request, logged_in, source=call.source)
