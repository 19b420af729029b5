"""``make page``: the board and the account page as files, for a static host on the same site as the API.

docs/page.md says where such a host may be, and which settings the API needs.
"""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from chalicelib import urls
from chalicelib.i18n.chosen import speaking
from chalicelib.settings.reader import SettingsError
from chalicelib.settings.settings import Settings, from_environment
from chalicelib.settings.structured import Brand
from chalicelib.web.language import offered
from chalicelib.web.pages import assets, rendering

HOUSE = Brand()
WITH_BOARD = {"index.html": assets.BOARD_PAGE, "account/index.html": "account.html"}
WITHOUT_BOARD = dict.fromkeys(WITH_BOARD, "account.html")  # samples are off: the account is the front too


class WrongOriginError(Exception):
    """The origin of the page cannot be used, and why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Write the files; return the exit status. What is wrong is said in one sentence."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        origin, folder = arguments
        settings = from_environment()
        write(settings, origin=origin, folder=Path(folder))
    except ValueError:
        return _fail("say where the page will be: make page ORIGIN=https://app.example.com")
    except (SettingsError, WrongOriginError) as error:
        return _fail(str(error))
    print(f"The page of {settings.issuer} is in {folder}. Serve it at {origin}/ (docs/page.md).")
    return 0


def write(settings: Settings, *, origin: str, folder: Path) -> None:
    """Write every file of the page for a host at ``origin`` into ``folder``, anew. Raises WrongOriginError."""
    api = api_of(settings, origin)
    if folder.exists():
        shutil.rmtree(folder)
    static = folder / "static" / assets.version(settings.brand)
    static.mkdir(parents=True)
    pages = WITH_BOARD if settings.samples else WITHOUT_BOARD
    for name in assets.ASSETS if settings.samples else assets.ASSETS.keys() - assets.BOARD_FILES:
        (static / name).write_text(assets.text_of(name, settings.brand), encoding="utf-8")
    for name, template in pages.items():
        with speaking(offered(settings)[0]):  # a file is in one language: a static host asks nobody
            answer = rendering.render(
                template,
                base="",
                api=api,
                meta_policy=policy(api, settings.brand),
                mail_is_shown=False,  # at the API, not here
                has_board=settings.samples,
                **rendering.shell_values(settings),
            )
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(answer.body, encoding="utf-8")


def api_of(settings: Settings, origin: str) -> str:
    """Return what the page's calls begin with: a path where page and API share an origin, else the issuer."""
    issuer, page = urls.read(settings.issuer), urls.read(origin)
    if page is None or issuer is None or page.origin != origin:
        raise WrongOriginError(f"{origin!r} is not an origin such as https://app.example.com.")
    if page.origin == issuer.origin:
        return issuer.path
    if origin not in settings.allowed_origins:
        raise WrongOriginError(
            f"The API does not know {origin}: put it into CUPBEARER_ALLOWED_ORIGINS there and here."
        )
    return settings.issuer


def policy(api: str, brand: Brand = HOUSE) -> str:
    """Return the content security policy of the files. ``frame-ancestors`` counts only as a header: the host's task."""
    web = urls.read(api)
    elsewhere = f" {web.origin}" if web else ""
    directives = {name: sources for name, sources in rendering.POLICY.items() if name != "frame-ancestors"}
    directives["img-src"] = rendering.images_from(brand)
    for name in ("connect-src", "form-action"):
        directives[name] += elsewhere
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def _fail(sentence: str) -> int:
    print(f"cupbearer: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
