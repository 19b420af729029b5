"""How a mail leaves once its line is claimed: its ticket looked up, its text made, and handed to the sender."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chalicelib.mail.composing import Composer
from chalicelib.mail.message import KIND, Line
from chalicelib.mail.senders import MailRefused, Sender
from chalicelib.outbox import delivery
from chalicelib.outbox.delivery import Outcome
from chalicelib.store import Key, Store
from chalicelib.world import World


@dataclass(frozen=True, slots=True)
class Delivery:
    """One deliverer of many. ``patience`` is how long a due line is left to the delivery that its own act began."""

    store: Store
    world: World
    composer: Composer
    sender: Sender
    find_ticket_values: Callable[[str], Mapping[str, str] | None]
    patience: int = 0  # seconds

    def run(self, first: tuple[Key, ...] = ()) -> Outcome:
        """Deliver these lines, then every one that is due. Raises StoreUnavailable."""
        return delivery.Delivery(self.store, self.world, KIND, self, patience=self.patience).run(first)

    def is_decoy(self, line: Line) -> bool:
        """Return whether a line goes to nobody (EN-3)."""
        return not line.mail.to

    def send(self, line: Line) -> bool:
        """Hand a mail over; return False where its ticket is over. Raises MailRefused, MailTrouble."""
        mail = line.mail
        secrets: Mapping[str, str] = {}
        if mail.until is not None and mail.until <= self.world.now():
            raise MailRefused("too late: it is of no use any more")
        if mail.ticket is not None:
            found = self.find_ticket_values(mail.ticket)
            if found is None:
                return False
            secrets = found
        self.sender.send(self.composer.compose(line, secrets))
        return True
