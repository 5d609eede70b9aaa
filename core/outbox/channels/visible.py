"""The outbox page as a channel: for demos, and until a gateway is set."""

from core.outbox.senders import Letter


class VisibleOutbox:
    """Shows the message on the outbox page, and that is all."""

    def send(self, letter: Letter) -> None:
        """Do nothing; the row is the message."""
