"""The API as the stack's own runs reach it: the stack's configuration first, the environment second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from streamkap_pulumi import api
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.context import Context

if TYPE_CHECKING:
    from streamkap_pulumi.stack.program import Pulumi


@dataclass(frozen=True)
class Connection:
    """The API, how long one of its calls may take, and what the server's clock is ahead of this machine's."""

    context: Context
    patience: float
    ahead: timedelta

    def at_server(self, moment: datetime | None) -> datetime | None:
        """A moment of this machine's clock, by the server's."""
        return moment + self.ahead if moment else None


@contextmanager
def connected(pulumi: Pulumi, report: Callable[[str], None], redaction: Redaction) -> Iterator[Connection]:
    """The API with the credentials of the stack; `redaction` learns the secrets that come up.

    Raises:
        StackError: the stack's configuration cannot be read.
        StreamkapError: settings are missing or wrong, or the API refuses the credentials.
    """
    settings = api.Settings.find(pulumi.configuration().get)
    settings.credentials()

    def tell(text: str) -> None:
        report(redaction.text(text))

    with api.Streamkap.from_settings(settings, report=tell, redaction=redaction) as streamkap:
        streamkap.authenticate()
        now = datetime.now(timezone.utc)
        ahead = (streamkap.server_time() or now) - now
        yield Connection(Context(SOURCE, streamkap, report=tell), settings.timeouts.read, ahead)
