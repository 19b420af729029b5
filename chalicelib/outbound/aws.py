"""AWS clients, with explicit limits on every wait (AV-1), and secrets that are kept there."""

from typing import Any

from chalicelib.errors import Unavailable


def client(service: str, config: Any = None, *, region: str | None) -> Any:
    """Return an SDK client. Where no region is given it comes, as the endpoint does, the SDK's usual way.

    It is botocore's, which boto3's is too: boto3 itself would only add to each cold start.
    """
    from botocore.config import Config
    from botocore.session import get_session

    return get_session().create_client(
        service,
        region_name=region,
        config=config or Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2}),
    )


def secret(reference: str, *, region: str | None) -> str:
    """Return the secret that ``ssm:NAME`` or ``secretsmanager:NAME`` stands for; raise Unavailable when it cannot be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    kind, _, name = reference.partition(":")
    try:
        if kind == "ssm":
            answer = client("ssm", region=region).get_parameter(Name=name, WithDecryption=True)
            return str(answer["Parameter"]["Value"])
        return str(client("secretsmanager", region=region).get_secret_value(SecretId=name)["SecretString"])
    except (BotoCoreError, ClientError) as error:
        raise Unavailable(f"The secret {reference} cannot be read.") from error
