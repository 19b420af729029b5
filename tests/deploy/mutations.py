"""Ways to break a stage, one at a time, and the step of the walk that must then fail: ``python -m tests.deploy.mutations``.

A check that stays green when its subject is gone checks nothing.
"""

import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deploy import emulated, walk
from tests.deploy.emulated import Template
from tests.deploy.walk import Walk

Step = Callable[[Walk], None]

ROOT = Path(__file__).parents[2]

AUTHORIZER = "x-amazon-apigateway-authorizer"
RESPONSES = "x-amazon-apigateway-gateway-responses"


@dataclass(frozen=True)
class Mutation:
    """What is taken away, how, and the steps of which at least one must fail."""

    name: str
    found_by: tuple[Step, ...]
    template: Callable[[Template], None] = lambda _: None
    source: tuple[str, str, str] | None = None  # a file of the package, what it says, what it says instead


def _body(template: Template) -> Any:
    return template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]


def _unguard(path: str, method: str) -> Callable[[Template], None]:
    return lambda template: _body(template)["paths"][path][method].pop("security")


def _without_response(kind: str) -> Callable[[Template], None]:
    def change(template: Template) -> None:
        del _body(template)[RESPONSES][kind]
        del _body(template)[RESPONSES]["DEFAULT_5XX" if kind == "AUTHORIZER_FAILURE" else "DEFAULT_4XX"]

    return change


def _without_action(role: str, action: str) -> Callable[[Template], None]:
    def change(template: Template) -> None:
        for policy in template["Resources"][role]["Properties"]["Policies"]:
            for statement in policy.get("PolicyDocument", {}).get("Statement", ()):
                if action in statement["Action"]:
                    statement["Action"] = [each for each in statement["Action"] if each != action]

    return change


def _without_cors(template: Template) -> None:
    for response in _body(template)[RESPONSES].values():
        _, with_cors, _ = response["responseParameters"]["Fn::If"]
        del with_cors["gatewayresponse.header.Access-Control-Allow-Origin"]


def _without_validation(template: Template) -> None:
    del _body(template)["securityDefinitions"]["jwt_authorizer"][AUTHORIZER]["identityValidationExpression"]


def _other_ttl(template: Template) -> None:
    _body(template)["securityDefinitions"]["jwt_authorizer"][AUTHORIZER]["authorizerResultTtlInSeconds"] = (
        3600
    )


def _no_cache(template: Template) -> None:
    _body(template)["securityDefinitions"]["jwt_authorizer"][AUTHORIZER]["authorizerResultTtlInSeconds"] = 0


def _literal_key(template: Template) -> None:
    for function in ("APIHandler", "JwtAuthorizer"):
        variables = template["Resources"][function]["Properties"]["Environment"]["Variables"]
        variables["CUPBEARER_MASTER_KEY"] = bytes(range(32)).hex()


ANIMALS, PROFILE, POLICY, GUARD = (
    "chalicelib/sample/animals.py",
    "chalicelib/sample/profile.py",
    "chalicelib/authorizer/policy.py",
    "chalicelib/web/guard.py",
)

MUTATIONS = (
    Mutation(
        "no authorizer on GET /pangolins",
        (walk.no_token_is_401_at_the_gateway,),
        _unguard("/pangolins", "get"),
    ),
    Mutation("no authorizer on POST /messages", (walk.messages,), _unguard("/messages", "post")),
    Mutation(
        "no answer of ours for UNAUTHORIZED",
        (walk.no_token_is_401_at_the_gateway,),
        _without_response("UNAUTHORIZED"),
    ),
    Mutation(
        "no answer of ours for ACCESS_DENIED",
        (walk.pangolins_without_scope_are_403,),
        _without_response("ACCESS_DENIED"),
    ),
    Mutation(
        "no answer of ours for MISSING_AUTHENTICATION_TOKEN",
        (walk.unknown_paths_are_404,),
        _without_response("MISSING_AUTHENTICATION_TOKEN"),
    ),
    Mutation(
        "no answer of ours for AUTHORIZER_FAILURE",
        (walk.trouble_is_503,),
        _without_response("AUTHORIZER_FAILURE"),
    ),
    Mutation("no CORS on the gateway's answers", (walk.no_token_is_401_at_the_gateway,), _without_cors),
    Mutation("junk reaches the authorizer", (walk.no_token_is_401_at_the_gateway,), _without_validation),
    Mutation("another TTL than the functions know", (walk.health_states_what_is_deployed,), _other_ttl),
    Mutation("no policy cache", (walk.one_run_of_the_authorizer_a_token,), _no_cache),
    Mutation("a literal master key", (walk.secrets_in_the_table_are_wrapped,), _literal_key),
    Mutation(
        "the API may not PutItem", (walk.sign_up,), _without_action("ApiHandlerRole", "dynamodb:PutItem")
    ),
    Mutation("the API may not Query", (walk.log_in,), _without_action("ApiHandlerRole", "dynamodb:Query")),
    Mutation("the API may not Encrypt", (walk.log_in,), _without_action("ApiHandlerRole", "kms:Encrypt")),
    Mutation(
        "no scope on GET /pangolins",
        (walk.pangolins_without_scope_are_403,),
        source=(ANIMALS, 'scope="pangolins", says="see the pangolins"', "token=True"),
    ),
    Mutation(
        "no scope on GET /profile",
        (walk.profile_is_refused_in_the_handler,),
        source=(
            PROFILE,
            'scope="get:profile",\n    says="read the name in your profile",\n    refused_in_handler=True',
            "token=True",
        ),
    ),
    Mutation(
        "the policy allows everything",
        (walk.one_run_of_the_authorizer_a_token, walk.pangolins_without_scope_are_403),
        source=(POLICY, "    if outside and _is_one(prefix, outside):", "    if True:"),
    ),
    Mutation(
        "the handlers do not look again",
        (walk.profile_is_refused_in_the_handler,),
        source=(GUARD, '    if guard.caller == "public":\n        return', "    return"),
    ),
    Mutation(
        "a password is logged",
        (walk.no_secret_in_the_logs,),
        source=(
            "chalicelib/web/resources/sessions.py",
            '    """Log in.',
            '    print(call.body.password)\n    """Log in.',
        ),
    ),
)


def notice(mutation: Mutation, package: Path, folder: Path) -> str | None:
    """Deploy the broken stage to a new emulator and walk; return how a step noticed it, None if none did."""
    changed = folder / "sam.json"
    changed.write_text(package.read_text(encoding="utf-8"), encoding="utf-8")
    _repack(package.with_name("deployment.zip"), folder / "deployment.zip", mutation.source)
    last = max(walk.STEPS.index(step) for step in mutation.found_by)
    with emulated.running():
        place = emulated.deployed(changed, say=lambda _: None, change=mutation.template)
        at = Walk.at(place)
        # Where the program does not even start, every step fails and none has noticed what is missing.
        assert at.http("GET", "/cats").status == 200, "the broken stage does not start"
        for step in walk.STEPS[: last + 1]:
            failure = _failure(step, at)
            if failure is not None and step in mutation.found_by:
                return failure
    return None


def _failure(step: Step, at: Walk) -> str | None:
    try:
        step(at)
    except Exception as error:  # noqa: BLE001 - however it shows
        return f"{step.__name__}: {type(error).__name__} {error}"[:200].replace("\n", " ")
    return None


def _repack(package: Path, target: Path, change: tuple[str, str, str] | None) -> None:
    """Copy a package; what is changed lies in it as source, in place of the bytecode."""
    if change is None:
        shutil.copyfile(package, target)
        return
    name, before, after = change
    source = (ROOT / name).read_text(encoding="utf-8")
    assert before in source, f"{name} does not say {before!r}"
    bytecode = Path(name).with_suffix(".pyc").as_posix()
    with (
        zipfile.ZipFile(package) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        assert bytecode in old.namelist(), f"{bytecode} is not packaged"
        for entry in old.infolist():
            if entry.filename != bytecode:
                new.writestr(entry, old.read(entry))
        new.writestr(name, source.replace(before, after, 1))


def main() -> int:
    """Try each mutation, or those whose name holds the first argument; return 1 if the check misses one."""
    wanted = [mutation for mutation in MUTATIONS if "".join(sys.argv[1:]) in mutation.name]
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="cupbearer-mutations-") as folder:
        package = emulated.packaged(Path(folder) / "package")
        for number, mutation in enumerate(wanted):
            place = Path(folder) / str(number)
            place.mkdir()
            noticed = notice(mutation, package, place)
            survivors += noticed is None
            print(f"{mutation.name}\n    {noticed or 'SURVIVES'}", flush=True)
    print(json.dumps({"mutations": len(wanted), "survivors": survivors}))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
