"""The API as the stack's own runs reach it, and whether that is the project in which the stack's objects are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api import Settings, Streamkap
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.errors import WrongTenantError
from streamkap_pulumi.lifecycle.keys import CLIENT, HOST
from streamkap_pulumi.lifecycle.presence import HOST_BACK, account, other_owners, own_credentials, seen_from
from streamkap_pulumi.stack.secret_marks import plain

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import Whoami
    from streamkap_pulumi.kinds.kind import Kind
    from streamkap_pulumi.stack.commands import Pulumi
    from streamkap_pulumi.stack.state import State


@dataclass(frozen=True)
class Connection:
    """The API and where to report progress."""

    api: Streamkap
    report: Callable[[str], None]
    patience: float
    """How many seconds one call may take."""
    ahead: timedelta
    """How far the server's clock is ahead of this machine's."""

    def context(self, kind: Kind) -> Context:
        """What the lifecycle of a kind works with."""
        return Context(kind, self.api, report=self.report)

    def at_server(self, moment: datetime | None) -> datetime | None:
        """A moment of this machine's clock, by the server's."""
        return moment + self.ahead if moment else None


@contextmanager
def connected(pulumi: Pulumi, report: Callable[[str], None], redaction: Redaction) -> Iterator[Connection]:
    """The API with the stack's settings: its configuration first, the environment second.

    `redaction` learns the secrets on the way.

    Raises:
        StackError: the stack's configuration cannot be read.
        StreamkapError: settings are missing or wrong, or the API refuses the credentials.
    """
    settings = Settings.find(pulumi.configuration().get)
    settings.credentials()

    def report_redacted(text: str) -> None:
        report(redaction.text(text))

    with Streamkap.from_settings(settings, report=report_redacted, redaction=redaction) as streamkap:
        streamkap.authenticate()
        now = datetime.now(timezone.utc)
        ahead = (streamkap.server_time() or now) - now
        yield Connection(streamkap, report_redacted, settings.timeouts.read, ahead)


def demand_same_project(connection: Connection, state: State) -> None:
    """Report which project is searched; return if no object of the state is in another one (`GET /auth/whoami`).

    What the state does not record cannot be compared; then the report is all that the user has. An API that does not
    say which account the credentials belong to is believed only with the credentials that the state records.

    Raises:
        WrongTenantError: an object of the state was recorded at another host, in another tenant or project, or, where
            these are unknown, with other credentials.
        StreamkapError: the API cannot be reached, or refuses.
    """
    who = account(connection.api)
    tenant, project = (who.tenant_id, who.service_id) if who else (None, None)
    connection.report(
        f"Searching the project {project or 'unknown'} of the tenant {tenant or 'unknown'} at {connection.api.host}"
    )
    here = seen_from(connection.api)
    for kind, resource in state.managed_objects():
        _compare(kind, resource, here, who)


def _compare(kind: Kind, resource: Mapping[str, Any], here: Mapping[str, str], who: Whoami | None) -> None:
    recorded = plain(resource.get("outputs") or {})
    its = f"the stack's {kind.noun} {recorded.get('name')!r} ({resource.get('id')})"
    end = (
        "So what the killed run created would not be found here, and nothing is forgotten. "
        f"{{way}} If that {kind.noun} is truly gone, `pulumi state delete` its URN, {resource['urn']}."
    )
    host = recorded.get(HOST)
    if host and host != here[HOST]:
        raise WrongTenantError(f"The host is {here[HOST]}; {its} was created at {host}. {end.format(way=HOST_BACK)}")
    if who is None:
        if recorded.get(CLIENT) == here[CLIENT]:
            return
        way = "Use the credentials that last created or updated it."
        raise WrongTenantError(
            f"Streamkap does not say which account these credentials belong to, and {its} was not recorded with them. "
            f"{end.format(way=way)}"
        )
    for thing, theirs, ours in other_owners(recorded, who):
        if theirs:
            raise WrongTenantError(
                f"These credentials belong to the {thing} {ours or 'that Streamkap does not name'}, {its} to the "
                f"{thing} {theirs}. {end.format(way=own_credentials(thing))}"
            )
