"""``/sessions/ways``: how people log in here, for pages of one's own that offer it."""

import msgspec

from chalicelib.web.routes import Answer, Api, Call

api = Api("sessions")

CACHE_SECONDS = 300  # a changed setting takes a restart, and reaches pages this much later


class CaptchaShape(msgspec.Struct, frozen=True):
    """Whose widget says that a person signs up, ``turnstile`` or ``hcaptcha``, and the key to show it with."""

    vendor: str
    site_key: str


class WaysIn(msgspec.Struct, frozen=True):
    """The name of the service, and which ways in it has: what its own page to log in at shows anybody."""

    name: str
    password: bool
    password_reset: bool
    email: bool
    sign_up: bool
    providers: list[str]
    captcha: CaptchaShape | None


@api.route("/sessions/ways", methods=["GET"], public=True, gives=WaysIn, any_origin=True)
def ways_in(call: Call) -> Answer:
    """Return how people log in here: by password, by mail, at which providers; and whether they may sign up."""
    settings, mail = call.services.settings, call.services.mail
    ways = WaysIn(
        name=settings.brand.shown,
        password=settings.password_log_in,
        password_reset=settings.password_log_in and mail.is_sent,
        email=mail.is_sent and settings.email_log_in,
        sign_up=settings.sign_up_open,
        providers=[provider.name for provider in settings.providers],
        captcha=None
        if settings.captcha == "off"
        else CaptchaShape(settings.captcha, settings.captcha_site_key),
    )
    return Answer(ways, headers={"Cache-Control": f"public, max-age={CACHE_SECONDS}"})
