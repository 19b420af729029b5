"""The people, page by page."""

from chalicelib.web.console.frame import Visit, console_page, shown
from chalicelib.web.routes import Answer, Api

api = Api("console")

PATH = "/console"
LIMIT = 50


@api.route(PATH, methods=["GET"], **shown("after"))
@console_page
def people(visit: Visit) -> Answer:
    """Show who there is."""
    listed, after = visit.call.services.accounts.users.listed(after=visit.call.one("after"), limit=LIMIT)
    return visit.rendered("console_people.html", here="people", people=listed, after=after)
