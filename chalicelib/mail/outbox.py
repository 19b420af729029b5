"""The outbox of mails."""

from dataclasses import dataclass
from typing import Any, ClassVar

from chalicelib.mail.message import KIND, KINDS, Line, Mail
from chalicelib.outbox import outbox
from chalicelib.outbox.line import Kind
from chalicelib.store import Write


@dataclass(frozen=True, slots=True)
class Outbox(outbox.Outbox[Line]):
    """Takes mails in, has them delivered, and shows what has not left. ``is_sent``: whether mail leaves at all."""

    kind: ClassVar[Kind[Any]] = KIND

    def sending(self, mail: Mail) -> tuple[Write, ...]:
        """Return the write that has a mail sent, for the commit of the act that causes it; none where no mail is sent."""
        if mail.kind not in KINDS:
            raise ValueError(f"there is no template for {mail.kind!r}")
        return self.storing(Line(line_id=self.world.identifier(), mail=mail, at=self.world.timestamp()))
