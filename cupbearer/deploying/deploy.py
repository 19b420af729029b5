"""``make deploy``: package, upload, hand to CloudFormation, and set the issuer in a second pass where there must be one."""

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cupbearer.deploying import CannotDeploy, aws, brand, packaging, runtimes, samples, template
from cupbearer.deploying.aws import Account

DEVELOPMENT_STAGE, DEVELOPMENT = "dev", "development"
FAILED_START = "ROLLBACK_COMPLETE"  # a first deploy that failed: CloudFormation takes it only away
BUSY = "_IN_PROGRESS"
POLL_SECONDS = 3.0
CHANGE_SET_SECONDS = 1.1  # the CLI calls a change set by the second, so two in one second would be one name

Say = Callable[[str], None]


def stack_name(stage: str) -> str:
    """Return the name of a stage's stack."""
    return f"cupbearer-{stage}"


def out_folder(stage: str) -> Path:
    """Return where a stage is packaged."""
    return template.ROOT / "out" / stage


def deploy(
    stage: str,
    chosen: Mapping[str, str],
    *,
    say: Say,
    python: str | None = None,
    architecture: str | None = None,
) -> tuple[Account, dict[str, str]]:
    """Bring a stage up to date; return where it is and the stack's outputs.

    ``chosen`` are template parameters; those left out keep their value. The old version serves until the new one
    stands, and goes on serving when the new one fails. Raises CannotDeploy.
    """
    packaging.demand_stage(stage)
    _demand_known(chosen)
    brand.demand_usable(chosen)
    here = aws.account()
    aws.demand_cli()
    found = aws.stack(here, stack_name(stage))
    chosen = {"Environment": _environment(stage), **chosen}
    chosen = samples.settled(
        chosen,
        aws.parameters(found) if found else None,
        development=chosen["Environment"] == DEVELOPMENT,
        say=say,
    )
    emulated = runtimes.HERE if here.endpoint else None  # what an emulator runs, whatever the template says
    target = packaging.target(stage, python=python or emulated, architecture=architecture)
    with_samples = chosen[samples.PARAMETER] == "on"
    say(f"Packaging {stage} for {target.said}, {'with' if with_samples else 'without'} the samples …")
    packaged = packaging.package(
        stage, region=here.region, out=out_folder(stage), target=target, with_samples=with_samples
    )
    return here, install(here, stage, packaged, chosen, say=say)


def _environment(stage: str) -> str:
    return DEVELOPMENT if stage == DEVELOPMENT_STAGE else "production"


def install(
    here: Account, stage: str, packaged: Path, chosen: Mapping[str, str], *, say: Say
) -> dict[str, str]:
    """Upload a package and hand its template to CloudFormation; return the stack's outputs."""
    size = (packaged.parent / "deployment.zip").stat().st_size / 1e6
    bucket = aws.demand_bucket(here)
    say(f"Uploading {size:.1f} MB to {bucket} …")
    uploaded = _upload(here, packaged, bucket)
    _clear_failed_start(here, stage, say)
    _apply(here, stage, uploaded, bucket, {"Environment": _environment(stage), **chosen}, say)
    found = outputs(here, stage)
    url = aws.url_of(here, found)
    if not _has_domain(here, stage) and found.get("IssuerInUse", "") != url:
        say(f"Setting the issuer to {url} …")
        _apply(here, stage, uploaded, bucket, {"Issuer": url}, say)
        found = outputs(here, stage)
        _serve_again(here, found["RestAPIId"], url)
    return found


def _serve_again(here: Account, api: str, url: str) -> None:
    """Let the gateway serve what it now holds: its own answers name the issuer, and a parameter alone deploys nothing."""
    here.client("apigateway").create_deployment(restApiId=api, stageName=url.rpartition("/")[2])


def outputs(here: Account, stage: str) -> dict[str, str]:
    """Return the outputs of a stage that stands; CannotDeploy when it does not."""
    found = aws.stack(here, stack_name(stage))
    if found is None:
        raise CannotDeploy(
            f"The stage {stage} is not deployed in {here.region}: run make deploy STAGE={stage}."
        )
    return aws.outputs(found)


def _demand_known(chosen: Mapping[str, str]) -> None:
    known = template.parameter_names()
    for name in chosen:
        if name not in known:
            raise CannotDeploy(
                f"{name} is not a parameter of the template; it has {', '.join(sorted(known))}."
            )


def _upload(here: Account, packaged: Path, bucket: str) -> Path:
    target = packaged.with_name("uploaded.json")
    words = ("cloudformation", "package", "--template-file", str(packaged), "--s3-bucket", bucket)
    command = aws.cli_command(here, *words, "--use-json", "--output-template-file", str(target))
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if run.returncode:
        raise CannotDeploy(f"The package cannot be uploaded: {run.stderr.strip()}")
    return target


def _clear_failed_start(here: Account, stage: str, say: Say) -> None:
    name = stack_name(stage)
    found = aws.stack(here, name)
    if found is not None and found["StackStatus"].endswith(BUSY):
        raise CannotDeploy(
            f"The stack {name} is busy ({found['StackStatus']}): wait for it, then run this again."
        )
    if found is None or found["StackStatus"] != FAILED_START:
        return
    say(f"Removing what the failed first deploy left of {name} …")
    client = here.client("cloudformation")
    client.delete_stack(StackName=name)
    client.get_waiter("stack_delete_complete").wait(StackName=name)


def _has_domain(here: Account, stage: str) -> bool:
    return bool(aws.parameters(aws.stack(here, stack_name(stage)) or {}).get("DomainName"))


def _apply(
    here: Account, stage: str, uploaded: Path, bucket: str, chosen: Mapping[str, str], say: Say
) -> None:
    name = stack_name(stage)
    words = ["cloudformation", "deploy", "--template-file", str(uploaded), "--stack-name", name]
    words += ["--s3-bucket", bucket, "--capabilities", "CAPABILITY_IAM", "--no-fail-on-empty-changeset"]
    words += ["--parameter-overrides", *(f"{key}={value}" for key, value in chosen.items())]
    seen = _events(here, name)
    time.sleep(CHANGE_SET_SECONDS)
    with subprocess.Popen(  # noqa: S603
        aws.cli_command(here, *words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        while child.poll() is None:
            _tell_new(here, name, seen, say)
            _pause(child)
        output = child.stdout.read() if child.stdout else ""
    _tell_new(here, name, seen, say)
    if child.returncode:
        raise CannotDeploy(f"CloudFormation refused it: {_first_failure(here, name, seen) or output.strip()}")
    if "No changes" in output:
        say("Nothing changed.")


def _pause(child: subprocess.Popen[str]) -> None:
    try:
        child.wait(timeout=POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return


def _events(here: Account, name: str) -> dict[str, Mapping[str, Any]]:
    client = here.client("cloudformation")
    try:
        events = client.describe_stack_events(StackName=name)["StackEvents"]
    except client.exceptions.ClientError:
        return {}
    return {event["EventId"]: event for event in reversed(events)}


def _tell_new(here: Account, name: str, seen: dict[str, Mapping[str, Any]], say: Say) -> None:
    for identifier, event in _events(here, name).items():
        if identifier not in seen:
            seen[identifier] = event
            if not event["ResourceStatus"].endswith(BUSY):
                say(f"  {event['ResourceStatus'].lower().replace('_', ' ')}: {event['LogicalResourceId']}")


def _first_failure(here: Account, name: str, seen: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the reason that is no consequence of another."""
    reasons = [
        f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in seen.values()
        if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")
    ]
    fresh = [reason for reason in reasons if "cancelled" not in reason.lower()]
    found = aws.stack(here, name)
    state = f" The stack is now {found['StackStatus']}." if found else ""
    return f"{fresh[-1]}.{state}" if fresh else None


def wait_until_it_answers(fetch: Callable[[], int], *, seconds: float = 60) -> bool:
    """Return whether the deployed API answered 200 within the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if fetch() == 200:  # noqa: PLR2004 - the status's own name
            return True
        time.sleep(1)
    return False
