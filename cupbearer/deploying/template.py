"""The merge template of ``chalice package``: the files of ``deploy/``, and the gateway's own answers.

Those answers come from ``chalicelib/web/gateway_responses.py``, so the deployed gateway, the local one and the test client
cannot drift apart. The authorizer's TTL and the variable that states it are written from one number (AZ-1).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chalice.package import YAMLTemplateSerializer

from chalicelib.settings import settings
from chalicelib.settings.reader import SettingsError
from chalicelib.web.gateway_responses import problem
from chalicelib.web.headers import cors_headers
from cupbearer.deploying import CannotDeploy

ROOT = Path(__file__).parents[2]
PARTS = ("parameters", "data", "functions", "gateway", "alarms", "outputs")
TTL = "CUPBEARER_AUTHORIZER_TTL_SECONDS"

# API Gateway's response types → the status that we give. An unknown path, and a path with an Authorization header
# that is no signature, are both "not found"; an authorizer that raises is trouble of ours.
GATEWAY_RESPONSES: Mapping[str, int] = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 503,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 404,  # one path alone has its parameters judged: that of all unknown ones
    "DEFAULT_4XX": 400,
    "DEFAULT_5XX": 500,
    "EXPIRED_TOKEN": 404,
    "INTEGRATION_FAILURE": 503,
    "INTEGRATION_TIMEOUT": 503,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 404,
    "MISSING_AUTHENTICATION_TOKEN": 404,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 403,
}


def merge_template(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the whole merge template; ``environment`` holds the stage's variables of ``.chalice/config.json``.

    Raises CannotDeploy for one that is no setting: a person reads it here, and not a function that cannot start.
    """
    try:
        settings.refuse_unknown(environment)
    except SettingsError as error:
        raise CannotDeploy(f".chalice/config.json: {error}") from None
    template: dict[str, Any] = {}
    for part in PARTS:
        text = (ROOT / "deploy" / f"{part}.yaml").read_text(encoding="utf-8")
        for section, content in YAMLTemplateSerializer().load_template(text).items():
            template.setdefault(section, {}).update(content)
    _set_ttl(template["Resources"], environment)
    body = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    body["x-amazon-apigateway-gateway-responses"] = gateway_responses()
    return template


def set_runtime(packaged: Path, runtime: str) -> None:
    """Say in a packaged template which Python its functions run on: Chalice names the one that packaged them."""
    content = json.loads(packaged.read_text(encoding="utf-8"))
    for resource in content["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["Runtime"] = runtime
    packaged.write_text(json.dumps(content, indent=2), encoding="utf-8")


def gateway_responses() -> dict[str, Any]:
    """Return every answer that the gateway makes by itself, as the same problem documents as ours."""
    return {kind: _gateway_response(status) for kind, status in GATEWAY_RESPONSES.items()}


def _gateway_response(status: int) -> dict[str, Any]:
    headers, body = problem(status, request_id="$context.requestId")
    located, _ = problem(status, request_id="$context.requestId", issuer="${Address}")
    plain = _parameters(headers)
    for name, value in _parameters(located).items():
        plain[name] = _where_known(value, plain[name])
    with_cors = {**plain, **_parameters(cors_headers("${First}", ("${First}",)))}
    name = "gatewayresponse.header.Access-Control-Allow-Origin"
    with_cors[name] = {"Fn::Sub": [with_cors[name], {"First": {"Fn::Select": [0, {"Ref": "Origins"}]}}]}
    return {
        "statusCode": str(status),
        "responseParameters": {"Fn::If": ["HasOrigins", with_cors, plain]},
        "responseTemplates": {"application/json": body.decode()},
    }


def _where_known(text: str, otherwise: str) -> Any:
    """Return a text that names our address, and what stands in its place while the stack does not know that yet."""
    if text == otherwise:
        return text
    address = {"Fn::If": ["HasDomain", {"Fn::Sub": "https://${DomainName}"}, {"Ref": "Issuer"}]}
    return {"Fn::If": ["KnowsItsAddress", {"Fn::Sub": [text, {"Address": address}]}, otherwise]}


def _parameters(headers: Mapping[str, str]) -> dict[str, Any]:
    return {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()}


def _set_ttl(resources: dict[str, Any], environment: Mapping[str, str]) -> None:
    opaque, jwt = (_ttl(environment, kind) for kind in ("opaque", "jwt"))
    body = resources["RestAPI"]["Properties"]["DefinitionBody"]
    authorizer = body["securityDefinitions"]["jwt_authorizer"]["x-amazon-apigateway-authorizer"]
    authorizer["authorizerResultTtlInSeconds"] = {"Fn::If": ["IsOpaque", opaque, jwt]}
    for function in ("APIHandler", "JwtAuthorizer", "DeliverMail"):
        variables = resources[function]["Properties"]["Environment"]["Variables"]
        variables[TTL] = {"Fn::If": ["IsOpaque", str(opaque), str(jwt)]}


def _ttl(environment: Mapping[str, str], kind: str) -> int:
    given = {name: value for name, value in environment.items() if name == TTL}
    return settings.parse({**given, "CUPBEARER_ACCESS_TOKENS": kind}).authorizer_ttl_seconds


def parameter_names() -> frozenset[str]:
    """Return what a deploy may set."""
    return frozenset(merge_template({})["Parameters"])


def write(path: Path, environment: Mapping[str, str]) -> None:
    """Write the merge template as JSON, the same text for the same content."""
    path.write_text(json.dumps(merge_template(environment), indent=1, sort_keys=True), encoding="utf-8")
