"""``cupbearer cost``: what a load costs a month, beside the list prices of others."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from cupbearer.cli.commands import examples
from cupbearer.cli.failures import Failure
from cupbearer.cli.output import note, say, say_json, table
from cupbearer.cli.work import json_option

if TYPE_CHECKING:
    from cupbearer.costing.bills import Assumed, Bill, Load, Measured

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

PLOTTED = (100, 300, 1_000, 3_000, 10_000, 30_000, 50_000, 100_000, 300_000, 1_000_000)


def _amount(name: str, default: float, says: str) -> Callable[[Decorated], Decorated]:
    return click.option(
        f"--{name}", type=click.FloatRange(min=0), default=default, show_default=True, metavar="N", help=says
    )


@click.command(
    short_help="Estimate what a load costs a month.",
    epilog=examples(
        "cupbearer cost --users 10000",
        "cupbearer cost --users 500000 --logins-per-day 1 --requests-per-login 50",
        "cupbearer cost --users 10000 --plot cost.svg",
    ),
)
@click.option("--users", type=click.IntRange(0, 10**9), required=True, help="Users active in a month.")
@_amount("logins-per-day", 0.2, "Log-ins of one user a day.")
@_amount("requests-per-login", 30, "Guarded requests that follow a log-in.")
@_amount("refreshes-per-login", 3, "Refreshes that follow a log-in.")
@_amount("sign-ups-per-user", 0.05, "New users a month, per active user.")
@click.option(
    "--access-tokens",
    type=click.Choice(["jwt", "opaque"]),
    default="jwt",
    show_default=True,
    help="As CUPBEARER_ACCESS_TOKENS is set.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.svg",
    help="Plot it over the number of users.",
)
@json_option
def command(
    *, users: int, plot: Path | None, as_json: bool, access_tokens: Literal["jwt", "opaque"], **each: float
) -> None:
    """Estimate what a load costs a month on AWS, and what the same users cost elsewhere.

    The capacity is what the bench measured (bench/results), the prices are list prices (cupbearer/costing/prices.py,
    dated). The free tiers that never end are deducted on all sides. Left out: data transfer, mail, text messages,
    alarms, and your own API's requests, which cost the same beside every log-in service.
    """
    from cupbearer.costing.bills import Assumed, Load, bill

    load = Load(users=users, access_tokens=access_tokens, **each)
    found, assumed = _measured(), Assumed()
    made = bill(load, found, assumed)
    if plot is not None:
        _draw(load, found, plot)
    if as_json:
        say_json(_json(load, made, assumed, found))
        return
    _tell(load, made, assumed, found)
    if plot is not None:
        note(f"Drawn to {plot}.")


def _measured() -> "Measured":
    from cupbearer.costing.bills import RESULTS, measured

    try:
        return measured()
    except (FileNotFoundError, KeyError):
        raise Failure(f"{RESULTS} has no whole measurement: run make parts bench first.") from None


def _tell(load: "Load", made: "Bill", assumed: "Assumed", found: "Measured") -> None:
    from cupbearer.costing import prices
    from cupbearer.costing.bills import guarded_requests, others

    table(
        ("Cupbearer, a month", "US$"),
        [*((name, _money(cost)) for name, cost in made.lines.items()), ("all", _money(made.total))],
    )
    say("")
    compared = {"Cupbearer": made.total, **others(load.users)}
    table(
        (f"{load.users:,} active users", "US$ a month", "per 1,000 users"),
        [
            (name, "by quotation", "")
            if cost is None
            else (name, _money(cost), _money(1000 * cost / load.users) if load.users else "-")
            for name, cost in compared.items()
            if not (name == "Auth0 Free" and cost is None)
        ],
    )
    say(
        "",
        f"{load.logins:,.0f} log-ins, {load.refreshes:,.0f} refreshes, {load.sign_ups:,.0f} sign-ups, "
        f"{load.verdicts:,.0f} runs of the authorizer for {load.requests:,.0f} guarded requests.",
        prices.IDLE,
        f"API Gateway takes ${_money(guarded_requests(load))} for those guarded requests, beside any log-in service.",
        f"Prices of {prices.AS_OF} ({prices.REGION}); capacity measured {found.date}; {_assumptions(assumed)}.",
    )


def _assumptions(assumed: "Assumed") -> str:
    return (
        f"assumed: {assumed.api_memory_mb} MB and {assumed.authorizer_memory_mb} MB of Lambda, "
        f"{assumed.store_round_trip_ms:g} ms to the store, {assumed.cold_share:.0%} cold starts, "
        f"{assumed.log_bytes} bytes of log a call"
    )


def _money(dollars: float) -> str:
    return f"{dollars:,.2f}"


def _json(load: "Load", made: "Bill", assumed: "Assumed", found: "Measured") -> dict[str, Any]:
    from cupbearer.costing import prices
    from cupbearer.costing.bills import guarded_requests, others

    return {
        "load": asdict(load),
        "lines": dict(made.lines),
        "total": made.total,
        "guarded_requests": guarded_requests(load),
        "others": others(load.users),
        "assumed": asdict(assumed),
        "prices_as_of": prices.AS_OF,
        "measured": found.date,
    }


def _draw(load: "Load", found: "Measured", plot: Path) -> None:
    from cupbearer.costing import prices
    from cupbearer.costing.bills import bill, others
    from cupbearer.svg import curves, picture

    points: dict[str, list[tuple[float, float]]] = {"Cupbearer": []}
    for users in PLOTTED:
        costs = {"Cupbearer": bill(replace(load, users=users), found).total, **others(users)}
        for name, cost in costs.items():
            if cost:
                points.setdefault(name, []).append((users, cost))
    panel = curves(
        "US$ a month, by active users",
        points,
        x_label="users active in the month",
        y_label="US$",
        log_x=True,
        log_y=True,
        width=720,
    )
    says = "What Cupbearer costs a month over active users, beside Cognito and Auth0 list prices"
    footer = (
        f"{load.logins_per_day:g} log-ins a user and day; list prices of {prices.AS_OF}, {prices.REGION}; "
        "Cognito is free to 10,000, Auth0's Free plan to 25,000."
    )
    plot.write_text(picture([panel], says=says, footer=footer), encoding="utf-8")
