"""What a load costs: from measured capacity, by dated prices, beside others."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from cupbearer.cli import cli
from cupbearer.costing import prices
from cupbearer.costing.bills import Assumed, Load, bill, measured, others

ROOT = Path(__file__).parents[2]


def printed(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["cost", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def as_json(*arguments: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(printed(*arguments, "--json"))
    return value


def test_nobody_costs_the_key_and_nothing_else() -> None:
    assert as_json("--users", "0")["total"] == pytest.approx(prices.KMS_KEY.dollars)


def test_the_bill_is_the_sum_of_its_lines_and_grows_with_each_part_of_the_load() -> None:
    base = Load(users=100_000)
    found = measured()
    total = bill(base, found).total
    assert total == pytest.approx(sum(bill(base, found).lines.values()))
    for more in (
        replace(base, users=200_000),
        replace(base, logins_per_day=1.0),
        replace(base, refreshes_per_login=9.0),
        replace(base, sign_ups_per_user=1.0),
        replace(base, access_tokens="opaque"),
    ):
        assert bill(more, found).total > total


@pytest.mark.parametrize(("a_day", "firsts"), [(0.2, 0.2), (1.0, 1.0), (3.0, 1.0)])
def test_capacity_units_are_those_that_the_bench_measured(a_day: float, firsts: float) -> None:
    """A person's first log-in of a day writes when they were last seen, the others of that day do not."""
    load = Load(
        users=1_000_000,
        logins_per_day=a_day,
        refreshes_per_login=0,
        requests_per_login=0,
        sign_ups_per_user=0,
    )
    units = json.loads((ROOT / "bench/results/requests.json").read_text())["data"]["dynamodb"]
    first, other = units["log-in, the first of a day"], units["log-in"]
    people_days = load.users * 30
    reads, writes = (
        people_days * (firsts * first[f"{kind}_units"] + (a_day - firsts) * other[f"{kind}_units"])
        for kind in ("read", "write")
    )
    expected = prices.READ_UNITS.for_(reads) + prices.WRITE_UNITS.for_(writes)
    assert bill(load, measured()).lines["DynamoDB requests"] == pytest.approx(expected)


def test_memory_is_assumed_as_the_stages_are_configured() -> None:
    functions = json.loads((ROOT / ".chalice/config.json").read_text())["stages"]["prod"]["lambda_functions"]
    assert Assumed().api_memory_mb == functions["api_handler"]["lambda_memory_size"]
    assert Assumed().authorizer_memory_mb == functions["jwt_authorizer"]["lambda_memory_size"]


@pytest.mark.parametrize(
    ("users", "lite", "essentials", "auth0"),
    [
        (10_000, 0, 0, 700),
        (50_000, 220, 600, 3_500),
        (100_000, 495, 1_350, None),
        (950_000, 495 + 850_000 * 0.0046, 14_100, None),
    ],
)
def test_others_cost_what_their_pages_say(
    users: int, lite: float, essentials: float, auth0: float | None
) -> None:
    found = others(users)
    assert found["Cognito Lite"] == pytest.approx(lite)
    assert found["Cognito Essentials"] == pytest.approx(essentials)
    assert found["Auth0 B2C Essentials"] == (auth0 if auth0 is None else pytest.approx(auth0))


def test_every_price_names_its_page_and_the_table_its_date() -> None:
    listed = [value for value in vars(prices).values() if isinstance(value, prices.Price | prices.Tiers)]
    assert len(listed) > 10
    assert all(re.match(r"(aws\.amazon\.com|auth0\.com)/", price.source) for price in listed)
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", prices.AS_OF)


def test_people_read_a_table_with_its_date_and_what_was_assumed() -> None:
    text = printed("--users", "10000")
    for part in ("DynamoDB requests", "Cognito Essentials", prices.AS_OF, "assumed", "guarded requests"):
        assert part in text


def test_beyond_the_listed_plans_a_price_is_by_quotation() -> None:
    assert re.search(r"Auth0 B2C Essentials +by quotation", printed("--users", "60000"))


def test_the_plot_is_a_picture_with_a_title_for_those_who_cannot_see_it(tmp_path: Path) -> None:
    printed("--users", "10000", "--plot", str(tmp_path / "cost.svg"))
    root = ET.parse(tmp_path / "cost.svg").getroot()  # noqa: S314 - our own file
    names = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Cupbearer", "Cognito Lite", "Cognito Essentials", "Auth0 B2C Essentials"} <= set(names)
    assert root.find("{http://www.w3.org/2000/svg}title") is not None


def test_without_a_measurement_it_says_how_to_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from cupbearer.costing import bills

    monkeypatch.setattr(bills.measured, "__defaults__", (Path("/nonexistent"),))
    result = CliRunner().invoke(cli, ["cost", "--users", "10"])
    assert result.exit_code == 1
    assert "run make parts bench" in result.stderr


def test_what_it_costs_idle_is_said_in_one_sentence_wherever_it_is_said() -> None:
    root = Path(__file__).parents[2]
    assert prices.IDLE.count("a dollar a month") == 1
    assert prices.KMS_KEY.dollars == 1.0
    assert prices.IDLE in printed("--users", "10")
    for page in ("README.md", "docs/operations.md"):
        assert prices.IDLE in " ".join((root / page).read_text(encoding="utf-8").split()), page
    texts = [root / "README.md", root / "NOTICE", root / "pyproject.toml", *(root / "docs").rglob("*.md")]
    texts += [*(root / "chalicelib").rglob("*.py"), *(root / "cupbearer").rglob("*.py")]
    boasts = [path.name for path in texts if "nothing while nobody" in path.read_text(encoding="utf-8")]
    assert boasts == []
