"""The browser library under the addresses that other people's pages name: ``/cupbearer.js``, its types and its documents.

The file itself is a static one, at an address that changes with it (:mod:`.assets`). What is here is asked for again
after some minutes and leads there, so a page that names it needs no new line after an upgrade.
"""

from chalicelib.web.call import HTML, origin_of
from chalicelib.web.pages import assets, bundle
from chalicelib.web.pages.rendering import render
from chalicelib.web.routes import Answer, Api, Call

api = Api("pages")

SHORTLY = "public, max-age=300"  # seconds
TYPESCRIPT = "text/plain; charset=utf-8"  # what browsers show
ENTRIES = (assets.LIBRARY, assets.ELEMENTS)


def _serve_entry(name: str) -> None:
    def entry(call: Call) -> Answer:
        """Return a module that hands on what the current version exports: every page that names either has the same one."""
        version = assets.version(call.services.settings.brand)
        text = f'export * from "./static/{version}/{name}";\n'
        return Answer(text, headers={"Cache-Control": SHORTLY}, content_type=assets.SCRIPT)

    entry.__name__ = f"entry_{name.replace('.', '_').replace('-', '_')}"
    api.route(f"/{name}", methods=["GET"], public=True, content_type=assets.SCRIPT, any_origin=True)(entry)


for _name in ENTRIES:
    _serve_entry(_name)


@api.route("/cupbearer.d.ts", methods=["GET"], public=True, content_type=TYPESCRIPT, any_origin=True)
def types(_: Call) -> Answer:
    """Return the types of the browser library."""
    return Answer(bundle.types(), headers={"Cache-Control": SHORTLY}, content_type=TYPESCRIPT)


@api.route("/cupbearer-elements.d.ts", methods=["GET"], public=True, content_type=TYPESCRIPT, any_origin=True)
def element_types(_: Call) -> Answer:
    """Return the types of the elements."""
    return Answer(bundle.element_types(), headers={"Cache-Control": SHORTLY}, content_type=TYPESCRIPT)


@api.route("/cupbearer.js/docs", methods=["GET"], public=True, content_type=HTML)
def documents(call: Call) -> Answer:
    """Return the page that tells developers how to use the browser library at this very service."""
    version = assets.version(call.services.settings.brand)
    origin, origins = origin_of(call.services.settings.issuer), call.services.settings.allowed_origins
    return render(
        "library.html", headers={"Cache-Control": SHORTLY}, version=version, origins=origins, origin=origin
    )
