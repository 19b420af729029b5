"""A stage on the emulator: started, deployed, and mended where the emulator (not the template) falls short."""

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from cupbearer.deploying import aws, deploy, packaging, runtimes, template
from cupbearer.deploying.aws import Account
from tests.parts import ministack
from tests.support import patience

STAGE = "dev"
KEY = "test"  # the account in which the emulated gateway looks for APIs, whoever calls
MAIL_FROM = "no-reply@auth.example"
ORIGINS = ("http://localhost:3000", "https://second.example")

Template = dict[str, Any]


def _no_change(_template: Template) -> None:
    """Leave the template as it was packaged."""


@dataclass
class Place:
    """A deployed stage, and the verbs that look behind it."""

    here: Account
    outputs: Mapping[str, str]

    @property
    def url(self) -> str:
        return aws.url_of(self.here, self.outputs)

    def client(self, service: str) -> Any:
        return self.here.client(service)

    def log(self, function: str) -> list[str]:
        """Every line that a function logged."""
        pages = self.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=f"/aws/lambda/{self.outputs[function]}")
        return [event["message"] for page in found for event in page["events"]]

    def invocations(self, function: str) -> int:
        return sum(line.startswith("START RequestId") for line in self.log(function))

    def settings(self, function: str) -> dict[str, str]:
        """The environment of a deployed function."""
        name = self.outputs[function]
        answer = self.client("lambda").get_function_configuration(FunctionName=name)
        variables: dict[str, str] = answer["Environment"]["Variables"]
        return variables

    def mails(self) -> list[dict[str, Any]]:
        """Every mail that SES took, the first one first."""
        with urlopen(f"{self.here.endpoint}/_ministack/ses/messages") as answer:
            return [mail for account in json.load(answer)["messages"].values() for mail in account]

    def set(self, function: str, **variables: str) -> None:
        """Give a deployed function other variables, past the template."""
        changed = self.settings(function) | variables
        self.client("lambda").update_function_configuration(
            FunctionName=self.outputs[function], Environment={"Variables": changed}
        )


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Start the emulator with permissions enforced, and point this process's SDK and CLI at it."""
    with (
        tempfile.TemporaryDirectory(prefix="cupbearer-") as folder,
        ministack.running(Path(folder) / "log", whole=True, AUTH="true", AWS_ACCESS_KEY_ID=KEY) as endpoint,
        _pointed_at(endpoint),
    ):
        yield endpoint


@contextlib.contextmanager
def _pointed_at(endpoint: str) -> Iterator[None]:
    ours = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": ministack.REGION,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    before = dict(os.environ)
    os.environ.update(ours)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION"):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def packaged(folder: Path) -> Path:
    """Package the stage for the Python and the processor at hand, on which the emulator runs it; return the template."""
    return packaging.package(STAGE, region=ministack.REGION, out=folder, target=runtimes.here())


def deployed(
    sam: Path,
    *,
    say: Callable[[str], None],
    change: Callable[[Template], None] = _no_change,
    **chosen: str,
) -> Place:
    """Deploy a packaged template, changed or not."""
    content = json.loads(sam.read_text(encoding="utf-8"))
    change(content)
    _widen_sending(content)
    responses = _taken_out(content)
    altered = sam.with_name("altered.json")
    altered.write_text(json.dumps(content), encoding="utf-8")
    here = aws.account()
    parameters = {
        "Origins": ",".join(ORIGINS),
        "Mail": "ses:",
        "MailFrom": MAIL_FROM,
        "Samples": "on",
        **chosen,
    }
    found = deploy.install(here, STAGE, altered, parameters, say=say)
    _put_validators(here, found["RestAPIId"], content)
    _put_gateway_responses(here, found["RestAPIId"], responses, found.get("IssuerInUse", ""))
    with contextlib.suppress(here.client("sesv2").exceptions.AlreadyExistsException):
        here.client("sesv2").create_email_identity(EmailIdentity=MAIL_FROM.partition("@")[2])
    return Place(here, found)


def other_api(place: Place, folder: Path) -> tuple[str, str]:
    """Deploy ``examples/other-api`` as its README says; return how we list it, and its URL."""
    here, target = place.here, str(folder / "other.yaml")
    source = str(template.ROOT / "examples" / "other-api" / "template.yaml")
    bucket = aws.demand_bucket(here)
    guarded_by = f"AuthorizerArn={place.outputs['AuthorizerArn']}"
    for words in (
        f"package --template-file {source} --s3-bucket {bucket} --output-template-file {target}",
        f"deploy --template-file {target} --stack-name orders --capabilities CAPABILITY_IAM",
    ):
        more = ("--parameter-overrides", guarded_by) if words.startswith("deploy") else ()
        command = aws.cli_command(here, "cloudformation", *words.split(), *more)
        subprocess.run(command, check=True, capture_output=True, timeout=patience.SECONDS)
    found = aws.stack(here, "orders")
    assert found is not None
    api = aws.outputs(found)["ApiId"]
    return f"{api}/live", f"{here.endpoint}/_aws/execute-api/{api}/live"


def _widen_sending(content: Template) -> None:
    """Mend the emulator: it asks for SES's SendEmail on ``*`` and knows no ``ses:FromAddress``. The action still counts."""
    for policy in content["Resources"]["DeliverMailRole"]["Properties"]["Policies"]:
        if "Fn::If" in policy:
            (statement,) = policy["Fn::If"][1]["PolicyDocument"]["Statement"]
            statement["Resource"] = "*"
            statement.pop("Condition", None)


def _taken_out(content: Template) -> Mapping[str, Any]:
    """Take the gateway's responses out of a template, and return them.

    They name the issuer, which the second pass sets, and the emulator makes a new API, with a new address, of one whose
    body changed. AWS keeps it.
    """
    body = content["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    responses: Mapping[str, Any] = body.pop("x-amazon-apigateway-gateway-responses", {})
    return responses


def _put_validators(here: Account, api: str, content: Template) -> None:
    """Mend the emulator: it reads neither validators nor parameters in a body. Nothing is added to them."""
    client = here.client("apigateway")
    body = content["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    known = {
        name: client.create_request_validator(restApiId=api, name=name, **judged)["id"]
        for name, judged in body["x-amazon-apigateway-request-validators"].items()
    }
    resources = client.get_resources(restApiId=api, limit=500)["items"]
    for resource in resources:
        for method, said in body["paths"].get(resource["path"], {}).items():
            if validator := said.get("x-amazon-apigateway-request-validator"):
                asked = {"/requestValidatorId": known[validator]} | {
                    f"/requestParameters/method.request.{each['in']}.{each['name']}": "true"
                    for each in said["parameters"]
                }
                operations = [{"op": "add", "path": path, "value": value} for path, value in asked.items()]
                client.update_method(
                    restApiId=api,
                    resourceId=resource["id"],
                    httpMethod=method.upper(),
                    patchOperations=operations,
                )


def _put_gateway_responses(here: Account, api: str, responses: Mapping[str, Any], address: str) -> None:
    """Mend the emulator: it reads no ``x-amazon-apigateway-gateway-responses`` in a body. Nothing is added to them."""
    client = here.client("apigateway")
    for kind, response in responses.items():
        client.put_gateway_response(
            restApiId=api,
            responseType=kind,
            statusCode=response["statusCode"],
            responseParameters=_each_resolved(response["responseParameters"]["Fn::If"][1], address),
            responseTemplates=response["responseTemplates"],
        )
    client.create_deployment(restApiId=api, stageName="api")


def _each_resolved(texts: Mapping[str, Any], address: str) -> dict[str, str]:
    """Return texts as CloudFormation would with ORIGINS and a stack that knows its address."""
    return {name: _resolved(value, address) for name, value in texts.items()}


def _resolved(value: Any, address: str) -> str:
    if isinstance(value, str):
        return value
    if "Fn::If" in value:
        return _resolved(value["Fn::If"][1], address)
    return str(value["Fn::Sub"][0].replace("${First}", ORIGINS[0]).replace("${Address}", address))
