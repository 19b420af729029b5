"""``chalice deploy``, with the Swagger that it submits written down: ``python -P chalice_deploy.py FILE deploy --stage …``.

The emulator takes the document and makes nothing of it, so the test does (``imported``).
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def imported(gateway: Any, api: str, swagger: Mapping[str, Any]) -> None:
    """Make of a Swagger document what API Gateway's import makes: resources, methods, integrations, authorizers."""
    root = next(each["id"] for each in gateway.get_resources(restApiId=api)["items"] if each["path"] == "/")
    authorizers = {
        name: _authorizer(gateway, api, name, scheme)
        for name, scheme in swagger.get("securityDefinitions", {}).items()
    }
    made = {"": root}
    for path, operations in swagger["paths"].items():
        resource = _resource(gateway, api, path, made)
        for method, operation in operations.items():
            security = [name for each in operation.get("security", ()) for name in each]
            guard = (
                {"authorizationType": "CUSTOM", "authorizerId": authorizers[security[0]]} if security else {}
            )
            where = {"restApiId": api, "resourceId": resource, "httpMethod": method.upper()}
            gateway.put_method(**where, **({"authorizationType": "NONE"} | guard))
            called = operation["x-amazon-apigateway-integration"]
            gateway.put_integration(
                **where, type="AWS_PROXY", integrationHttpMethod=called["httpMethod"], uri=called["uri"]
            )
    gateway.create_deployment(restApiId=api, stageName="api")


def _authorizer(gateway: Any, api: str, name: str, scheme: Mapping[str, Any]) -> str:
    details = scheme["x-amazon-apigateway-authorizer"]
    made = gateway.create_authorizer(
        restApiId=api,
        name=name,
        type=details["type"].upper(),
        authorizerUri=details["authorizerUri"],
        identitySource=f"method.request.header.{scheme['name']}",
        authorizerResultTtlInSeconds=details["authorizerResultTtlInSeconds"],
    )
    return str(made["id"])


def _resource(gateway: Any, api: str, path: str, made: dict[str, str]) -> str:
    path = path.rstrip("/")
    if path not in made:
        above, _, part = path.rpartition("/")
        parent = _resource(gateway, api, above, made)
        made[path] = gateway.create_resource(restApiId=api, parentId=parent, pathPart=part)["id"]
    return made[path]


def main() -> None:
    """Run the Chalice command line; keep what it submits."""
    from botocore.waiter import Waiter
    from chalice import cli
    from chalice.awsclient import TypedAWSClient

    target = Path(sys.argv.pop(1))
    TypedAWSClient.import_rest_api = _kept(TypedAWSClient.import_rest_api, target)
    TypedAWSClient.update_api_from_swagger = _kept(_no_call, target)  # PutRestApi is unknown to the emulator
    TypedAWSClient.update_rest_api = _without_empty(TypedAWSClient.update_rest_api)
    Waiter.wait = _soon(Waiter.wait)
    sys.exit(cli.main())


def _no_call(*_: Any, **__: Any) -> None:
    """Stand for a call that the emulator does not know."""


def _without_empty(method: Any) -> Any:
    """The emulator answers an empty ``minimumCompressionSize`` in a form that the SDK cannot read."""

    def call(self: Any, rest_api_id: str, patch_operations: list[dict[str, str]]) -> None:
        method(self, rest_api_id, [each for each in patch_operations if each.get("value")])

    return call


def _soon(method: Any) -> Any:
    """The emulator's functions are active at once or after a moment, where AWS's take seconds, for which the SDK waits."""

    def wait(self: Any, **named: Any) -> None:
        method(self, **named, WaiterConfig={"Delay": 0.3, "MaxAttempts": 400})

    return wait


def _kept(method: Any, target: Path) -> Any:
    def call(self: Any, *arguments: Any, **named: Any) -> Any:
        document = next(each for each in (*arguments, *named.values()) if isinstance(each, dict))
        target.write_text(json.dumps(document), encoding="utf-8")
        return method(self, *arguments, **named)

    return call


if __name__ == "__main__":
    main()
