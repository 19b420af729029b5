"""DP-1: each function may do what it does and nothing else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.emulated import Template

ROLES = {
    "APIHandler": "ApiHandlerRole",
    "JwtAuthorizer": "JwtAuthorizerRole",
    "DeliverMail": "DeliverMailRole",
}

# The store's requests (store/dynamodb_calls.py); a transaction needs the rights of its parts.
STORE = {"BatchGetItem", "ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"}


def statements(template: Template, function: str, **conditions: bool) -> Iterator[dict[str, Any]]:
    """Yield a role's statements, with conditions decided."""
    for policy in template["Resources"][ROLES[function]]["Properties"]["Policies"]:
        chosen = policy
        if "Fn::If" in policy:
            condition, yes, no = policy["Fn::If"]
            chosen = yes if conditions.get(condition, False) else no
        if "PolicyDocument" in chosen:
            yield from chosen["PolicyDocument"]["Statement"]


def actions(template: Template, function: str, **conditions: bool) -> set[str]:
    return {
        action
        for statement in statements(template, function, **conditions)
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


@pytest.mark.parametrize("function", ROLES)
def test_no_action_has_a_wildcard_and_every_resource_is_named(function: str, template: Template) -> None:
    for statement in statements(template, function, IsOpaque=True, SendsBySes=True):
        assert statement["Effect"] == "Allow"
        assert "*" not in json.dumps(statement["Action"])
        resource = json.dumps(statement["Resource"])
        assert resource not in ('"*"', '["*"]')
        if "*" in resource:  # what is ours, below a name that is ours, or a sender that the condition names
            assert "${AWS::StackName}/*" in resource or statement.get("Condition"), resource


def test_the_authorizer_of_signed_tokens_may_log_and_nothing_else(template: Template) -> None:
    assert actions(template, "JwtAuthorizer") == {"logs:CreateLogStream", "logs:PutLogEvents"}


def test_the_authorizer_of_stored_tokens_may_read_the_table_and_not_write_it(template: Template) -> None:
    allowed = actions(template, "JwtAuthorizer", IsOpaque=True)
    assert allowed == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
    }


def test_the_api_may_use_its_table_its_key_and_its_secrets(template: Template) -> None:
    allowed = actions(template, "APIHandler")
    assert allowed == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "kms:Decrypt",
        "kms:Encrypt",
        "ssm:GetParameter",
        "secretsmanager:GetSecretValue",
        "lambda:InvokeFunction",
        *(f"dynamodb:{action}" for action in STORE),
    }


def test_the_api_calls_the_deliverer_and_no_other_function(template: Template) -> None:
    (calling,) = [s for s in statements(template, "APIHandler") if s["Action"] == "lambda:InvokeFunction"]
    assert json.dumps(calling["Resource"]).endswith('function:${AWS::StackName}-mail"}')


def test_the_deliverer_may_move_lines_and_read_secrets_and_send_as_one_address_only_by_ses(
    template: Template,
) -> None:
    allowed = actions(template, "DeliverMail")
    assert allowed == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "kms:Decrypt",
        "ssm:GetParameter",
        "secretsmanager:GetSecretValue",
        *(f"dynamodb:{action}" for action in STORE - {"ConditionCheckItem", "UpdateItem"}),
    }
    assert actions(template, "DeliverMail", SendsBySes=True) - allowed == {
        "ses:SendEmail",
        "ses:SendRawEmail",
    }
    (sending,) = [
        s for s in statements(template, "DeliverMail", SendsBySes=True) if "ses:SendEmail" in s["Action"]
    ]
    assert sending["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}


def test_each_role_logs_to_its_own_group(template: Template) -> None:
    groups = {
        function: json.dumps(statement["Resource"])
        for function in ROLES
        for statement in statements(template, function)
        if "logs:PutLogEvents" in statement["Action"]
    }
    assert groups == {
        "APIHandler": '{"Fn::GetAtt": ["ApiLog", "Arn"]}',
        "JwtAuthorizer": '{"Fn::GetAtt": ["AuthorizerLog", "Arn"]}',
        "DeliverMail": '{"Fn::GetAtt": ["MailLog", "Arn"]}',
    }


def test_only_lambda_may_take_the_roles(template: Template) -> None:
    for role in ROLES.values():
        (statement,) = template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
