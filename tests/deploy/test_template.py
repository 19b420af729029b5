"""What ``chalice package`` makes of our merge template, before anything is deployed (DP-1, DP-3, LG-3)."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chalicelib.outbox.delivery import RUN_SECONDS, SEND_SECONDS
from chalicelib.settings import settings
from chalicelib.web.gateway_responses import GATEWAY_ANSWERS, problem
from cupbearer.deploying import CannotDeploy, brand, deploy, packaging
from cupbearer.deploying.template import GATEWAY_RESPONSES, ROOT, gateway_responses, merge_template
from tests.deploy.emulated import Template
from tests.support import patience
from tests.support.protection import ON_EVERY_ANSWER

# Lambda's end of support for the interpreter at hand is not the template's fault; `make deploy` refuses it by itself.
RUNTIME_IS_OLD = "E2531,E2533,W2531"


def of_type(template: Template, kind: str) -> dict[str, Any]:
    return {name: each["Properties"] for name, each in template["Resources"].items() if each["Type"] == kind}


def test_cfn_lint_finds_nothing(cli: Path, package: Path) -> None:
    command = [str(cli / "cfn-lint"), "-i", RUNTIME_IS_OLD, "-t", str(package)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=patience.SECONDS)
    assert (run.returncode, run.stdout) == (0, "")


def test_the_table_is_kept_protected_encrypted_and_recoverable(template: Template) -> None:
    table = template["Resources"]["Table"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    properties = table["Properties"]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_the_master_key_is_kept_and_rotates(template: Template) -> None:
    key = template["Resources"]["MasterKey"]
    assert (key["DeletionPolicy"], key["Properties"]["EnableKeyRotation"]) == ("Retain", True)


def test_each_function_has_a_role_of_its_own_and_a_log_that_ends(template: Template) -> None:
    functions = of_type(template, "AWS::Serverless::Function")
    assert set(functions) == {"APIHandler", "JwtAuthorizer", "DeliverMail"}
    roles = [json.dumps(function["Role"]) for function in functions.values()]
    assert len(set(roles)) == len(roles)
    logs = of_type(template, "AWS::Logs::LogGroup")
    names = {json.dumps(log["LogGroupName"]).replace("/aws/lambda/", "") for log in logs.values()}
    assert names == {json.dumps(function["FunctionName"]) for function in functions.values()}
    assert all(log["RetentionInDays"] == {"Ref": "LogDays"} for log in logs.values())


def located(value: Any, address: str | None) -> str:
    """Return what CloudFormation makes of a text that names our address, known by now or not yet."""
    if isinstance(value, str):
        return value
    condition, known, otherwise = value["Fn::If"]
    assert condition == "KnowsItsAddress"
    if address is None:
        return str(otherwise)
    text, names = known["Fn::Sub"]
    assert names == {
        "Address": {"Fn::If": ["HasDomain", {"Fn::Sub": "https://${DomainName}"}, {"Ref": "Issuer"}]}
    }
    return str(text.replace("${Address}", address))


def test_every_gateway_answer_says_what_ours_say(template: Template) -> None:
    body = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    packaged = body["x-amazon-apigateway-gateway-responses"]
    assert packaged == gateway_responses()
    for kind, status in GATEWAY_RESPONSES.items():
        assert status in GATEWAY_ANSWERS, kind
        _, with_cors, plain = packaged[kind]["responseParameters"]["Fn::If"]
        for address in (None, "https://auth.example.com"):
            headers, document = problem(status, request_id="$context.requestId", issuer=address)
            assert packaged[kind]["statusCode"] == str(status)
            assert packaged[kind]["responseTemplates"] == {"application/json": document.decode()}
            assert {name: located(value, address) for name, value in plain.items()} == {
                f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()
            }
        assert set(with_cors) - set(plain) == {
            f"gatewayresponse.header.{name}"
            for name in (
                "Access-Control-Allow-Origin",
                "Access-Control-Allow-Credentials",
                "Access-Control-Expose-Headers",
                "Vary",
            )
        }


@pytest.mark.parametrize("kind", GATEWAY_RESPONSES)
def test_every_gateway_answer_protects_a_browser(kind: str, template: Template) -> None:
    """BR-4. A static value stands in single quotes; those inside it are its own."""
    body = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    packaged = body["x-amazon-apigateway-gateway-responses"][kind]["responseParameters"]["Fn::If"]
    for parameters in packaged[1:]:
        for name, value in ON_EVERY_ANSWER.items():
            assert parameters[f"gatewayresponse.header.{name}"] == f"'{value}'"


@pytest.mark.parametrize("kind", ["UNAUTHORIZED", "ACCESS_DENIED", "DEFAULT_4XX", "DEFAULT_5XX"])
def test_the_answers_that_browsers_meet_are_there(kind: str, template: Template) -> None:
    body = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    assert kind in body["x-amazon-apigateway-gateway-responses"]


@pytest.mark.parametrize(
    ("variables", "opaque", "jwt"),
    [({}, 60, 300), ({"CUPBEARER_AUTHORIZER_TTL_SECONDS": "0"}, 0, 0)],
)
def test_the_ttl_of_the_gateway_is_the_one_that_the_functions_know(
    variables: dict[str, str], opaque: int, jwt: int
) -> None:
    """AZ-1: set explicitly, from one number."""
    resources = merge_template(variables)["Resources"]
    body = resources["RestAPI"]["Properties"]["DefinitionBody"]
    authorizer = body["securityDefinitions"]["jwt_authorizer"]["x-amazon-apigateway-authorizer"]
    assert authorizer["authorizerResultTtlInSeconds"] == {"Fn::If": ["IsOpaque", opaque, jwt]}
    for function in ("APIHandler", "JwtAuthorizer", "DeliverMail"):
        answered = resources[function]["Properties"]["Environment"]["Variables"]
        assert answered["CUPBEARER_AUTHORIZER_TTL_SECONDS"] == {"Fn::If": ["IsOpaque", str(opaque), str(jwt)]}


def test_mail_is_none_of_the_authorizers_business(template: Template) -> None:
    """Nor does the API deliver: it knows whether mail is sent, and whom to call."""
    mail = {
        function: {
            name.removeprefix("CUPBEARER_")
            for name in template["Resources"][function]["Properties"]["Environment"]["Variables"]
            if name.startswith("CUPBEARER_MAIL")
        }
        for function in ("JwtAuthorizer", "APIHandler", "DeliverMail")
    }
    assert mail == {
        "JwtAuthorizer": set(),
        "APIHandler": {"MAIL", "MAIL_FROM", "MAIL_FUNCTION"},
        "DeliverMail": {"MAIL", "MAIL_FROM", "MAIL_REPLY_TO", "MAIL_FUNCTION"},
    }


@pytest.mark.parametrize(
    "mail", ["smtps://u:p@mail.example", "console:", "smtp://mail.example/x", "sendmail", ""]
)
def test_no_password_comes_into_the_template(template: Template, mail: str) -> None:
    assert not re.fullmatch(template["Parameters"]["Mail"]["AllowedPattern"], mail)
    for kept in ("none", "ses:", "smtp://mail.example:587", "ssm:/cupbearer/mail"):
        assert re.fullmatch(template["Parameters"]["Mail"]["AllowedPattern"], kept)


def test_lambda_calls_the_deliverer_again_where_it_fails_and_leaves_it_the_time_for_a_run(
    template: Template,
) -> None:
    deliverer = template["Resources"]["DeliverMail"]["Properties"]
    assert deliverer["EventInvokeConfig"]["MaximumRetryAttempts"] == 2
    assert deliverer["Timeout"] > RUN_SECONDS + SEND_SECONDS
    assert "Events" not in deliverer  # nothing polls


def test_every_guarded_route_names_the_authorizer_and_no_public_one_does(template: Template) -> None:
    """AZ-8: the deployed gateway guards what the route table guards."""
    from app import TABLE

    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    for route in TABLE:
        operation = paths[route.path][route.method.lower()]
        guarded = operation.get("security") == [{"jwt_authorizer": []}]
        assert guarded == (route.guard.caller != "public"), str(route)


def test_each_parameter_is_used_and_each_setting_is_one_that_the_documentation_has(
    template: Template,
) -> None:
    """A choice that nothing reads is a promise that nobody keeps."""
    text = json.dumps({name: part for name, part in template.items() if name != "Parameters"})
    unused = {
        name for name in template["Parameters"] if f'"{name}"' not in text and f"${{{name}}}" not in text
    }
    assert unused == set()
    documented = set(
        re.findall(r"CUPBEARER_\w+", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"))
    )
    for function in ("APIHandler", "JwtAuthorizer", "DeliverMail"):
        variables = template["Resources"][function]["Properties"]["Environment"]["Variables"]
        assert {name for name in variables if name.startswith("CUPBEARER_")} <= documented


def test_the_gateway_is_regional_throttled_and_has_one_stage(template: Template) -> None:
    api = template["Resources"]["RestAPI"]["Properties"]
    assert (api["EndpointConfiguration"], api["StageName"]) == ("REGIONAL", "api")
    assert api["OpenApiVersion"] == "2.0"
    (limits,) = api["MethodSettings"]
    assert limits["ThrottlingRateLimit"] == {"Ref": "ThrottleRate"}


def test_alarms_tell_of_errors_throttling_reuse_guessing_keys_and_mail(template: Template) -> None:
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    metrics = {alarm["MetricName"] for alarm in alarms.values()}
    assert metrics == {
        "5XXError",
        "Throttles",
        "WriteThrottleEvents",
        "RefreshReuse",
        "SlowDowns",
        "KeyTrouble",
        "MailTrouble",
        "MailGivenUp",
        "LogOutGivenUp",
    }
    assert all(alarm["AlarmActions"]["Fn::If"][0] == "HasAlarmTopic" for alarm in alarms.values())


@pytest.mark.parametrize("kind", ["jwt", "opaque"])
def test_production_starts_on_what_the_template_sets(kind: str, template: Template) -> None:
    """DP-2: the variables of ``prod``, with the references filled in."""
    variables = template["Resources"]["APIHandler"]["Properties"]["Environment"]["Variables"]
    filled = {
        **dict.fromkeys(variables, ""),
        "CUPBEARER_STORE": "dynamodb://cupbearer-prod-Table-1",
        "CUPBEARER_MASTER_KEY": "kms:c90b6cdf-a4fe-4f71-8630-dc309dda3da3",
        "CUPBEARER_ISSUER": "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/api",
        "CUPBEARER_ENV": "production",
        "CUPBEARER_ACCESS_TOKENS": kind,
        "CUPBEARER_ALLOWED_ORIGINS": '["https://app.example"]',
        "CUPBEARER_OUTSIDE_APIS": "[]",
        "AWS_LAMBDA_FUNCTION_NAME": "cupbearer-prod-api",
    }
    started = settings.parse(filled)
    assert (started.production, started.in_lambda, started.access_tokens) == (True, True, kind)
    first_pass = settings.parse(filled | {"CUPBEARER_ISSUER": "https://issuer.invalid"})
    assert first_pass.production


def test_both_stages_are_there_and_the_default_is_production(template: Template) -> None:
    assert set(packaging.stages()) == {"dev", "prod"}
    assert template["Parameters"]["Environment"]["Default"] == "production"


def test_a_misspelt_setting_of_a_stage_stops_the_deploy_and_not_the_stage() -> None:
    with pytest.raises(CannotDeploy, match="did you mean CUPBEARER_ALLOWED_ORIGINS"):
        merge_template({"CUPBEARER_ALOWED_ORIGINS": "[]"})


def test_the_functions_are_given_nothing_that_they_would_refuse() -> None:
    for function in ("APIHandler", "JwtAuthorizer", "DeliverMail"):
        variables = merge_template({})["Resources"][function]["Properties"]["Environment"]["Variables"]
        assert set(variables) <= settings.known_names()


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"Accent": "#f59e0b"}, "CUPBEARER_ACCENT is #f59e0b"),
        ({"Logo": "chalicelib/api/none.svg"}, "no such file"),
        ({"TermsUrl": "http://example.com"}, "CUPBEARER_TERMS_URL"),
    ],
)
def test_a_brand_that_would_not_start_is_refused_before_anything_is_uploaded(
    chosen: dict[str, str], says: str
) -> None:
    with pytest.raises(CannotDeploy, match=says):
        deploy.deploy("dev", chosen, say=print)


def test_each_part_of_a_brand_is_a_parameter_and_reaches_the_function_that_shows_pages(
    template: Template,
) -> None:
    variables = template["Resources"]["APIHandler"]["Properties"]["Environment"]["Variables"]
    for parameter, name in brand.VARIABLES.items():
        assert variables[f"CUPBEARER_{name}"] == {"Ref": parameter}
