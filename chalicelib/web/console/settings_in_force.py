"""The settings as they are in force, and where each comes from. What may hold a secret is shown to nobody."""

from typing import NamedTuple

from chalicelib.i18n.catalogue import translated
from chalicelib.i18n.said import said
from chalicelib.settings.reader import PREFIX, SECRET
from chalicelib.web.console.frame import Visit, console_page, shown
from chalicelib.web.routes import Answer, Api

api = Api("console")

PATH = "/console/settings"


class Line(NamedTuple):
    """One setting: its variable, what is in force, and whether somebody set it."""

    variable: str
    value: str
    is_set: bool


@api.route(PATH, methods=["GET"], **shown())
@console_page
def settings(visit: Visit) -> Answer:
    """Show every setting."""
    said = visit.call.services.settings.said
    lines = [Line(name, _in_force(name, given, default), given is not None) for name, given, default in said]
    return visit.rendered("console_settings.html", here="settings", lines=sorted(lines))


def _in_force(variable: str, given: str | None, default: str | None) -> str:
    if variable.removeprefix(PREFIX) in SECRET:
        return translated(said("set")) if given is not None else translated(said("not set"))
    return given or default or translated(said("none"))
