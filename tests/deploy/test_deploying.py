"""``make deploy`` and ``make destroy`` as an operator meets them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chalicelib.oauth.client_options import ClientOptions
from chalicelib.oauth.client_rules import Registration
from chalicelib.sessions.log_outs import Ended, LogOut
from chalicelib.settings import settings
from chalicelib.wiring import Services
from cupbearer.deploying import CannotDeploy, aws, cloud_log, deploy, packaging
from cupbearer.deploying.destroy import destroy
from cupbearer.deploying.stage import environment_of
from cupbearer.deploying.template import ROOT
from tests.deploy import emulated
from tests.deploy.emulated import Place, Template
from tests.deploy.http import Client
from tests.mail.samples import sample
from tests.support import patience

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.pages.eyes import Person


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as make does, without credentials but those given."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, "-m", "cupbearer.deploying", *words]
    settings = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/nowhere", "HOME": "/nowhere"}
    return subprocess.run(
        command, cwd=ROOT, env=clean | settings | environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("words", "environment", "sentence"),
    [
        (("deploy", "staging"), {}, "There is no stage 'staging' in .chalice/config.json; it has dev, prod."),
        (("deploy", ""), {}, "There is no stage ''"),
        (
            ("deploy", "dev", "Origin=x"),
            {},
            "Origin is not a parameter of the template; it has Accent, AccessTokens",
        ),
        (("deploy", "dev", "Origins"), {}, "'Origins' is not of the form Parameter=value."),
        (("deploy", "dev"), {}, "No AWS region is set: export AWS_REGION="),
        (("deploy", "dev"), {"AWS_REGION": "eu-central-1"}, "AWS does not accept the credentials at hand"),
        (("destroy", "dev"), {"AWS_REGION": "eu-central-1"}, "AWS does not accept the credentials at hand"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(
    words: tuple[str, ...], environment: dict[str, str], sentence: str
) -> None:
    ended = run(*words, **environment)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"cupbearer: {sentence}")
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""


def test_a_command_line_that_is_not_there_is_said_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "CLI", Path("/nowhere/aws"))
    with pytest.raises(CannotDeploy, match=r"does not run: run: make \.venv-deploy/ready"):
        aws.demand_cli()


def test_a_mail_that_is_stored_leaves_by_ses(place: Place) -> None:
    """The deliverer's role lets it: read the table, move a line, send as that one address (DP-1)."""
    at = Services(settings.parse(environment_of(emulated.STAGE)))
    writes = at.mail.outbox.sending(sample("notice").mail)
    at.store.commit(*writes)
    at.mail.outbox.deliver_soon(*writes)
    patience.until(lambda: bool(place.mails()))
    (mail,) = place.mails()
    assert (mail["Source"], mail["To"]) == (emulated.MAIL_FROM, ["ada@example.com"])
    patience.until(lambda: at.mail.outbox.next_due() is None)


def test_a_log_out_is_signed_and_tried_by_the_deliverer(place: Place) -> None:
    """DP-1: its role lets it read client and keys, and move a line; BL-9: nobody is called in a private network."""
    at = Services(settings.parse(environment_of(emulated.STAGE)))
    at.keys.ring.signing_key()  # who logs out has logged in: there is a ring, which the deliverer may not make
    options = ClientOptions(backchannel_logout_uri="https://10.0.0.1/backchannel")
    wanted = Registration("Told", redirect_uris=("https://shop.example/callback",), options=options)
    client, _ = at.oauth.clients.create(wanted)
    ended, now = (Ended(client.client_id, "a" * 26),), at.world.timestamp()
    outbox = at.log_outs.outbox
    writes = outbox.storing(LogOut(line_id=at.world.identifier(), at=now, user_id="b" * 26, sessions=ended))
    at.store.commit(*writes)
    outbox.deliver_soon(*writes)
    patience.until(lambda: all(listed.line.reason for listed in outbox.lines()))
    (listed,) = outbox.lines()
    assert listed.line.reason == "10.0.0.1 is at 10.0.0.1, which may not be called"


def test_a_second_run_changes_nothing(place: Place, package: Path) -> None:
    said: list[str] = []
    before = aws.stack(place.here, "cupbearer-dev")
    emulated.deployed(package, say=said.append)
    after = aws.stack(place.here, "cupbearer-dev")
    assert "Nothing changed." in said
    assert before is not None
    assert after is not None
    assert before.get("LastUpdatedTime") == after.get("LastUpdatedTime")
    assert before["Parameters"] == after["Parameters"]


def test_a_failed_deploy_says_why_and_the_old_version_serves_on(place: Place, package: Path) -> None:
    def break_it(template: Template) -> None:
        template["Resources"]["Broken"] = {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {"Metrics": [{"Id": "x", "Expression": "1"}], "EvaluationPeriods": 1},
        }

    with pytest.raises(
        CannotDeploy, match=r"CloudFormation refused it: Broken: .* is now UPDATE_ROLLBACK_COMPLETE"
    ):
        emulated.deployed(package, say=lambda _: None, change=break_it)
    assert Client(place.url)("GET", "/health").status == 200


def test_the_command_line_works_on_what_the_functions_work_on(place: Place) -> None:
    found = environment_of("dev")
    assert found == {
        name: value
        for name, value in place.settings("APIHandlerName").items()
        if name.startswith("CUPBEARER_")
    }
    assert found["CUPBEARER_ISSUER"] == place.url
    with pytest.raises(
        CannotDeploy, match="The stage prod is not deployed in us-east-1: run make deploy STAGE=prod"
    ):
        environment_of("prod")


def test_what_a_function_logs_is_shown(place: Place) -> None:
    """Among the lines that Lambda adds."""
    assert Client(place.url)("GET", "/health").status == 200
    client = aws.account().client("logs")
    found = list(cloud_log.lines(client, "dev", cloud_log.PARTS, since=0, limit=1000, follow=False))
    assert "/health" in {line.fields.get("route") for line in found if line.part == "api"}


def test_the_deployed_authorizer_of_signed_tokens_has_a_role_that_logs_and_nothing_else(place: Place) -> None:
    """DP-1: as CloudFormation decided the conditions."""
    role = place.client("lambda").get_function_configuration(FunctionName=place.outputs["AuthorizerName"])[
        "Role"
    ]
    policies = place.client("iam").list_role_policies(RoleName=role.rpartition("/")[2])["PolicyNames"]
    assert policies == ["logs"]


@pytest.fixture
def visitor(chromium: "Browser", place: Place) -> Iterator["Person"]:
    from tests.pages.eyes import Elsewhere, Person, assert_kept_to_the_policy

    person = Person.at(chromium, Elsewhere(place.url))
    yield person
    assert_kept_to_the_policy(person)
    person.context.close()


def test_the_first_half_of_the_walk_by_the_pages_holds_behind_the_gateway(visitor: "Person") -> None:
    """BR-4: through the emulated gateway, with its stage's prefix in the path."""
    from playwright.sync_api import expect

    from tests.pages.eyes import knock, settled

    page = visitor.open(state="out")
    visitor.sign_up("Wanda", page=page)
    page.get_by_label("Say something").fill("From behind the gateway.")
    page.get_by_role("button", name="Post").click()
    expect(page.locator("#messages .text").first).to_have_text("From behind the gateway.")
    assert knock(page, "/cats") == "200"
    assert knock(page, "/profile") == "200"
    assert knock(page, "/pangolins") == "403"
    assert knock(page, "/pangolins", shown="forged") == "401"
    _grant("Wanda", "pangolins")
    assert knock(page, "/pangolins") == "200"
    page.get_by_role("link", name="Account").click()
    settled(page, "in")
    expect(page.locator("#sessions")).to_contain_text("this device")


def _grant(username: str, scope: str) -> None:
    """Grant as an operator does, with the stage's own settings."""
    command = [sys.executable, "-m", "cupbearer.cli", "--stage", emulated.STAGE, "users", "grant"]
    subprocess.run([*command, username, scope], cwd=ROOT, check=True, timeout=patience.SECONDS)


@pytest.fixture
def own_emulator(cli: Path) -> Iterator[str]:
    """One for who takes the stage away: the other tests of the module go on with theirs."""
    with emulated.running() as endpoint:
        yield endpoint


def test_destroy_asks_keeps_the_data_and_says_how_to_use_it_again(own_emulator: str, package: Path) -> None:
    assert own_emulator
    place = emulated.deployed(package, say=lambda _: None)
    with pytest.raises(CannotDeploy, match="Nothing was removed"):
        destroy("dev", delete_data=False, confirmed=None, ask=lambda _: "yes", say=lambda _: None)
    assert aws.stack(place.here, "cupbearer-dev") is not None
    answered: list[str] = []
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "dev"

    destroy("dev", delete_data=False, confirmed=None, ask=answer, say=answered.append)
    assert "its table and key stay" in asked[0]
    assert aws.stack(place.here, "cupbearer-dev") is None
    table, key = place.outputs["TableName"], place.outputs["MasterKeyId"]
    assert place.client("dynamodb").describe_table(TableName=table)["Table"]["DeletionProtectionEnabled"]
    assert f"ExistingTable={table} ExistingKey={key}" in answered[-1]

    again = emulated.deployed(package, say=lambda _: None, ExistingTable=table, ExistingKey=key)
    assert again.outputs["TableName"] == table
    assert Client(again.url)("GET", "/health").status == 200


def test_the_stage_names_are_those_of_the_config() -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    assert set(packaging.stages()) == set(config["stages"])
    assert deploy.stack_name("prod") == "cupbearer-prod"
