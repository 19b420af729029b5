"""What people see first: whose pages they say they are, whether their mark loads, and what the front shows."""

from html import unescape
from urllib.parse import urlsplit

from cupbearer.diagnosis.findings import Findings
from cupbearer.diagnosis.site import Reply, Site

MEND = (
    "CUPBEARER_NAME, _LOGO, _ACCENT and _FRONT say what people see (docs/settings.md); a logo that is a file must be packaged, "
    "and whatever stands in front of the service must let its pages through as they are."
)
SAMPLES = "/cats, /pangolins, /profile, /messages and the board"
SAMPLES_MEND = 'If nobody uses them: CUPBEARER_SAMPLES=off, deployed make deploy SET="Samples=off".'
BROWSER = {"Accept": "text/html", "Sec-Fetch-Dest": "document"}
IMAGE = '<img src="'


def pages(site: Site, findings: Findings) -> None:
    """Look at the log-in page, the mark on it, ``/``, and what is found where nothing is."""
    page, front, lost = (site.ask("GET", path, headers=BROWSER) for path in ("/login", "/", "/no/such/page"))
    text = page.body.decode(errors="replace")
    name, mark = _name(text), _mark(text)
    faults = {
        f"GET /login answered {page.status}": page.status != 200,
        "the log-in page names no service": not name,
        "its mark does not load": not _loads(site, mark),
        f"GET / answered {front.status}": front.status not in (200, 302),
        f"a path that is not there gives a browser {lost.status} and no page": lost.status != 404
        or "text/html" not in (lost.header("content-type") or ""),
    }
    findings.expect("pages", faults, good=f"they say {name}, and / {_shows(front)}", mend=MEND)


def samples(site: Site, findings: Findings) -> None:
    """Say whether the samples are served: a laptop has them, a service for others seldom wants them."""
    reply = site.ask("GET", "/cats")
    served = reply.status == 200 and isinstance(reply.json, dict) and "cats" in reply.json
    if served and not site.is_local:
        findings.doubtful("samples", f"on: {SAMPLES} are served", SAMPLES_MEND)
    else:
        findings.ok("samples", f"on: {SAMPLES}" if served else "off")


def _name(page: str) -> str:
    """Return the service's name as the title has it, behind what the page is called."""
    title = page.partition("<title>")[2].partition("</title>")[0]
    return unescape(title.rpartition(" · ")[2]) if " · " in title else ""


def _mark(page: str) -> str:
    brand = page.partition('class="brand"')[2].partition(">")[2]
    return unescape(brand.removeprefix(IMAGE).partition('"')[0]) if brand.startswith(IMAGE) else ""


def _loads(site: Site, mark: str) -> bool:
    """Return whether a mark of the service's own is there; one that is elsewhere is for browsers to fetch."""
    if mark.startswith("https://"):
        return True
    reply = site.ask("GET", mark.removeprefix(urlsplit(site.url).path))
    return reply.status == 200 and (reply.header("content-type") or "").startswith("image/")


def _shows(front: Reply) -> str:
    return f"leads to {front.header('location')}" if front.status == 302 else "shows the board"
