"""A second factor for a person of a test, by the verbs that people add one with."""

from chalicelib.authentication.log_in import LogInResult
from chalicelib.credentials.factor_answers import FactorAnswer
from chalicelib.credentials.factor_refusals import SecondFactorRequired
from chalicelib.wiring import Services
from cupbearer.soft_authenticator import SoftAuthenticator
from cupbearer.testing_values import SOURCE


def with_passkey(
    services: Services, signed_in: LogInResult, password: str
) -> tuple[LogInResult, SoftAuthenticator]:
    """Give a person who is logged in a passkey; return the log-in that showed it, which takes the other's place."""
    user_id, sessions = signed_in.user.user_id, services.authentication.sessions
    live = sessions.require_live(user_id, signed_in.session_id)
    own, rp_id = services.second_factors.own, services.second_factors.passkeys.rp_id
    device = SoftAuthenticator(services.settings.issuer, rp_id=rp_id)
    options = own.passkey_options(live, source=SOURCE)
    own.add_passkey(live, device.create(options), name="Passkey", source=SOURCE)
    try:
        services.authentication.log_in.with_password(
            username=signed_in.user.username, password=password, source=SOURCE
        )
    except SecondFactorRequired as required:
        token = required.pending_token or ""
    else:
        raise RuntimeError("who has a passkey is asked for it")
    asked = services.second_factors.checks.passkey_options(SOURCE, verified=True)
    step = services.second_factors.step
    shown = step.finish(token, FactorAnswer(passkey=device.get(asked)), source=SOURCE)
    sessions.end(user_id, signed_in.session_id, source=SOURCE)
    return shown, device
