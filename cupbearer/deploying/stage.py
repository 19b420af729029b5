"""How the command line works on a deployed stage: the settings of its functions, read from its stack."""

import os

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.settings import settings
from cupbearer.deploying import CannotDeploy, aws
from cupbearer.deploying.deploy import outputs

PREFIX = "CUPBEARER_"
OF_THE_PACKAGE = {"CUPBEARER_LOGO"}  # a file there, which need not be here


def environment_of(stage: str) -> dict[str, str]:
    """Return the ``CUPBEARER_*`` variables that a deployed stage runs on: store, master key, issuer and the rest.

    Raises CannotDeploy, one sentence, when credentials, region or the stage are missing.
    """
    here = aws.account()
    found = outputs(here, stage)
    try:
        function = here.client("lambda").get_function_configuration(FunctionName=found["APIHandlerName"])
    except (BotoCoreError, ClientError) as error:
        raise CannotDeploy(f"The settings of {stage} cannot be read: {error}") from None
    variables: dict[str, str] = function.get("Environment", {}).get("Variables", {})
    chosen = {name: value for name, value in variables.items() if name.startswith(PREFIX)}
    return chosen | {
        "CUPBEARER_STORE": f"dynamodb://{found['TableName']}",
        "CUPBEARER_MASTER_KEY": f"kms:{found['MasterKeyId']}",
    }


def work_on(stage: str) -> None:
    """Make this process work on a deployed stage; what the shell says of Cupbearer does not count."""
    found = environment_of(stage)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    known = (
        settings.known_names() - OF_THE_PACKAGE
    )  # another release may run there: what this one does not know is not for it
    os.environ.update({name: value for name, value in found.items() if name in known})
