"""AWS as a deploy sees it: who we are there, a stack and its outputs, the CLI. Every failure is one sentence."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cupbearer.deploying import CannotDeploy
from cupbearer.deploying.template import ROOT

CLI = ROOT / ".venv-deploy" / "bin" / "aws"
MAKE_CLI = "run: make .venv-deploy/ready"


@dataclass(frozen=True, slots=True)
class Account:
    """Where a deploy goes. ``endpoint`` is an emulator's URL, None for AWS itself."""

    account: str
    region: str
    endpoint: str | None

    def client(self, service: str) -> Any:
        """Return an SDK client there."""
        limits = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 4})
        return boto3.client(service, region_name=self.region, endpoint_url=self.endpoint, config=limits)


def account() -> Account:
    """Return where the credentials lead; CannotDeploy when region, credentials or the network are missing."""
    region = (
        os.environ.get("AWS_REGION") or boto3.session.Session().region_name
    )  # boto3 reads only the second name
    if not region:
        raise CannotDeploy("No AWS region is set: export AWS_REGION=eu-central-1, or another one of yours.")
    here = Account("", region, os.environ.get("AWS_ENDPOINT_URL") or None)
    try:
        found = str(here.client("sts").get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise CannotDeploy(
            f"AWS does not accept the credentials at hand ({_short(error)}): "
            "set AWS_PROFILE, or log in with: aws sso login."
        ) from None
    return Account(found, region, here.endpoint)


def demand_cli() -> None:
    """Raise CannotDeploy unless our AWS command line is there and runs."""
    try:
        subprocess.run([CLI, "--version"], capture_output=True, check=True, timeout=60)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        raise CannotDeploy(f"The AWS command line in .venv-deploy does not run: {MAKE_CLI}.") from None


def cli_command(here: Account, *words: str) -> Sequence[str | Path]:
    """Return a command line of the AWS CLI for that region and endpoint."""
    endpoint = ("--endpoint-url", here.endpoint) if here.endpoint else ()
    return [CLI, "--region", here.region, *endpoint, *words]


def stack(here: Account, name: str) -> Mapping[str, Any] | None:
    """Return the description of a stack, None when there is none."""
    try:
        found: Mapping[str, Any] = here.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise CannotDeploy(f"The stack {name} cannot be read: {_short(error)}.") from None
    except BotoCoreError as error:
        raise CannotDeploy(f"The stack {name} cannot be read: {_short(error)}.") from None
    return None if found["StackStatus"] in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS") else found


def outputs(description: Mapping[str, Any]) -> dict[str, str]:
    """Return a stack's outputs by name."""
    return {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", ())}


def parameters(description: Mapping[str, Any]) -> dict[str, str]:
    """Return a stack's parameters by name."""
    return {
        each["ParameterKey"]: each.get("ParameterValue", "") for each in description.get("Parameters", ())
    }


def url_of(here: Account, found: Mapping[str, str]) -> str:
    """Return the base URL of a deployed API, without a final slash; an emulator has it under its own address."""
    if here.endpoint is None:
        return found["ApiUrl"]
    return f"{here.endpoint}/_aws/execute-api/{found['RestAPIId']}/api"


def demand_bucket(here: Account) -> str:
    """Return the private bucket that packages are uploaded to; it is made when it is not there."""
    bucket, s3 = f"cupbearer-{here.account}-{here.region}", here.client("s3")
    try:
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=here.account)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise CannotDeploy(f"The bucket {bucket} cannot be used: {_short(error)}.") from None
        _make_bucket(here, s3, bucket)
    return bucket


def _make_bucket(here: Account, s3: Any, bucket: str) -> None:
    where = {"CreateBucketConfiguration": {"LocationConstraint": here.region}}
    blocked = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    try:
        s3.create_bucket(Bucket=bucket, **({} if here.region == "us-east-1" else where))
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(blocked, True))
    except ClientError as error:
        raise CannotDeploy(f"The bucket {bucket} cannot be made: {_short(error)}.") from None


def _short(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")[:300]
