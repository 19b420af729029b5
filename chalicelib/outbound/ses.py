"""Amazon SES (API v2): a mail handed over in one request that is never repeated by the SDK."""

from dataclasses import dataclass
from typing import Any

from chalicelib.mail.message import RenderedMail
from chalicelib.mail.senders import MailRefused, MailTrouble

CONNECT_SECONDS, READ_SECONDS = 3, 15  # together below what one mail may take
FOR_GOOD = frozenset({"MessageRejected", "BadRequestException"})  # about this mail; all else may be mended


def client_config() -> Any:
    """Return the botocore Config of the client: SES cannot tell a repeated mail from a new one, so nothing is repeated."""
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 1}
    )


@dataclass(frozen=True, slots=True)
class Ses:
    """A :class:`~chalicelib.mail.senders.Sender` through SES, which puts a Message-ID of its own in place of ours."""

    client: Any

    def send(self, mail: RenderedMail) -> None:
        """Hand a mail over. MailRefused where SES refuses this mail for good, MailTrouble for all else."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self.client.send_email(
                FromEmailAddress=mail.sender,
                Destination={"ToAddresses": [mail.to]},
                Content={"Raw": {"Data": mail.octets}},
            )
        except ClientError as fault:
            code = fault.response.get("Error", {}).get("Code", "")
            raise (MailRefused if code in FOR_GOOD else MailTrouble)(f"SES: {code}") from fault
        except BotoCoreError as fault:
            raise MailTrouble(f"SES: {type(fault).__name__}") from fault
