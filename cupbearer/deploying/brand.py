"""The brand among a stage's parameters: what could not be used is told before anything is uploaded."""

from collections.abc import Mapping

from chalicelib.settings import structured
from chalicelib.settings.reader import PREFIX, Reader, SettingsError
from cupbearer.deploying import CannotDeploy

VARIABLES = {
    "Name": "NAME",
    "Logo": "LOGO",
    "Accent": "ACCENT",
    "SupportUrl": "SUPPORT_URL",
    "TermsUrl": "TERMS_URL",
    "PrivacyUrl": "PRIVACY_URL",
    "Footer": "FOOTER",
    "Credit": "CREDIT",
}


def demand_usable(chosen: Mapping[str, str]) -> None:
    """Raise CannotDeploy for a parameter that the deployed functions would refuse to start with."""
    given = {PREFIX + VARIABLES[name]: value for name, value in chosen.items() if name in VARIABLES}
    try:
        structured.brand(Reader(given), production=True)
    except SettingsError as error:
        raise CannotDeploy(str(error)) from None
