"""What the views of mailed links share: they are there only where mail is sent, and answer alike whoever asks."""

from chalicelib.errors import NotAllowed
from chalicelib.web.call import Answer, Call

ACCEPTED = Answer({}, status=202)  # the same for known and unknown (EN-3)


def demand_mail(call: Call) -> None:
    """Raise NotAllowed ``mail_off`` where no mail is sent."""
    if not call.services.mail.is_sent:
        raise NotAllowed("This service sends no mail: ask whoever runs it.", code="mail_off")


def demand_passwords(call: Call) -> None:
    """Raise NotAllowed ``password_log_in_off`` where nobody logs in by password."""
    call.services.credentials.passwords.demand_on()


def demand_email_log_in(call: Call) -> None:
    """Raise NotAllowed where nobody logs in by mail."""
    demand_mail(call)
    if not call.services.settings.email_log_in:
        raise NotAllowed("Nobody logs in by mail here.", code="email_log_in_off")
