"""``cupbearer doctor``: whether a running service is well, seen from outside."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cupbearer.cli.commands import examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.finding import settings
from cupbearer.cli.output import counted, say, say_json
from cupbearer.cli.work import json_option

if TYPE_CHECKING:
    from cupbearer.diagnosis.findings import Finding, Findings

SIGNS = {"ok": "ok       ", "warning": "warning  ", "failure": "FAILURE  ", "unchecked": "unchecked"}
COLOURS = {"ok": "green", "warning": "yellow", "failure": "red", "unchecked": "cyan"}


@click.command(
    short_help="Check a running service.",
    epilog=examples(
        "cupbearer doctor",
        "cupbearer --stage prod doctor",
        "cupbearer doctor https://auth.example.com --origin https://app.example.com --json",
    ),
)
@click.argument("url", required=False)
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="A page's origin that must be allowed; repeatable.",
)
@json_option
def command(*, url: str | None, origins: tuple[str, ...], as_json: bool) -> None:
    """Check a running service from outside: URL is its issuer, by default of what other commands work on.

    It makes real requests: preflights, refusals, and a sign-up, log-in, refresh and log-out with a throw-away account,
    which it deletes. Each finding says what mends it. Status 0 when all is well, 1 when something is wrong.
    """
    site = _site(settings().issuer if url is None else url)
    for origin in origins:
        _demand_origin(origin)
    findings = _examined(site, tuple(origin.rstrip("/") for origin in origins))
    if as_json:
        say_json(
            {
                "url": site,
                "ok": not findings.failed,
                "findings": [asdict(finding) for finding in findings.all],
            }
        )
    else:
        for finding in findings.all:
            _tell(finding)
        _sum_up(findings)
    if findings.failed:
        raise SystemExit(1)


def _site(url: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise Failure("URL is the issuer of a running service, for example https://auth.example.com")
    return url.rstrip("/")


def _demand_origin(text: str) -> None:
    from urllib.parse import urlsplit

    from chalicelib.settings.reader import is_web_origin_or_path

    if not is_web_origin_or_path(text, secure=False) or urlsplit(text).path.rstrip("/"):
        raise Failure(
            f"--origin {text}: an origin is scheme, host and port, for example https://app.example.com"
        )


def _examined(url: str, origins: tuple[str, ...]) -> "Findings":
    from cupbearer.diagnosis import pages, people, published, surface
    from cupbearer.diagnosis.findings import Findings
    from cupbearer.diagnosis.site import Site, Unreachable
    from cupbearer.diagnosis.walk import Walk

    site, findings = Site(url), Findings()
    try:
        bound = surface.look(site, origins, findings)
        kids = published.keys(site, findings)
        published.discovery(site, findings)
        pages.pages(site, findings)
        pages.samples(site, findings)
        people.people(url, findings)
        Walk(site, findings, kids, bound).go()
    except Unreachable as error:
        findings.wrong(
            "reach", str(error), "See that it runs, that the name resolves and that the certificate is good."
        )
    return findings


def _tell(finding: "Finding") -> None:
    from cupbearer.cli.output import plain

    sign = click.style(SIGNS[finding.level], fg=COLOURS[finding.level])
    click.echo(f"{sign}  {plain(finding.check)}: {plain(finding.says)}")
    if finding.mend:
        click.echo(f"           → {plain(finding.mend)}")


def _sum_up(findings: "Findings") -> None:
    count = {level: sum(finding.level == level for finding in findings.all) for level in SIGNS}
    counts = [counted(count["failure"], "failure"), counted(count["warning"], "warning")]
    say("", f"{', '.join(counts)}, {count['ok']} ok, {count['unchecked']} unchecked.")
