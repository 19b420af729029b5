"""Whether a person is asked before a client gets a code (OP-7): each time, once, or never."""

from dataclasses import dataclass

from chalicelib import urls
from chalicelib.audit.trail import Source
from chalicelib.oauth.consents import Consent, Consents
from chalicelib.oauth.steps import Question
from chalicelib.store import Check, Write


@dataclass(frozen=True, slots=True)
class ConsentPolicy:
    """Finds the consent that spares a question."""

    consents: Consents
    production: bool

    def spared(self, question: Question, *, source: Source) -> tuple[Consent, tuple[Write, ...]] | None:
        """Return the consent that makes a question needless, and the writes that it counts with; None where it must be
        asked.

        It was given before, or the client is one of our own (``trusted``), for which an operator gave it.
        """  # noqa: D205 - one sentence
        user_id, client = question.logged_in.user.user_id, question.client
        if question.request.asks_consent or not self._only_the_client_answers(question):
            return None
        consent = self.consents.find(user_id, client.client_id)
        if (
            consent is not None
            and consent.record is not None
            and consent.allows(question.wanted, question.audience)
            and consent.is_for(client, question.request.redirect_uri)
        ):
            return consent, (Check(consent.record),)
        if not client.trusted:
            return None
        return self.consents.giving(user_id, question.to_give, source=source, asked=False)

    def _only_the_client_answers(self, question: Question) -> bool:
        """Return whether no other program may get the answer in its stead.

        At a loopback port any program may pass for a public client: the person is asked each time (RFC 8252 section 8.6).
        While our own applications are developed, at their developer's machine, that is no danger.
        """
        client, uri = question.client, question.request.redirect_uri
        if not client.public or uri.startswith("https://"):
            return True
        return client.trusted and not self.production and urls.read(uri) is not None
