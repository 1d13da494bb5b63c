"""`get_source` and `get_source_output`: look up a source that is managed elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any

import pulumi

from streamkap_pulumi.api.client import Streamkap
from streamkap_pulumi.api.errors import StreamkapError
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.api.settings import Settings
from streamkap_pulumi.lifecycle.errors import next_step, what_to_check
from streamkap_pulumi.lifecycle.recorded import foreign
from streamkap_pulumi.resources.messages import inform

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector


@dataclass(frozen=True)
class SourceResult:
    """A source as Streamkap tells of it. No secret property is in it."""

    id: str
    """The source's id, 24 hexadecimal digits."""
    name: str | None
    """Name in Streamkap, unique in the tenant."""
    connector: str | None
    """The connector's code, such as ``postgresql``."""
    status: str | None
    """The observed status: Active, Paused, Stopped, Broken, Starting, Unassigned, Unknown, Pending, …"""
    topics: list[str]
    """The Kafka topics that the source writes, such as ``public.orders``."""
    topic_ids: list[str]
    """The topics' ids, such as ``source_<id>.public.orders``."""
    topic_map: Mapping[str, Any]
    """Topic to a list: its partitions, or what is related to it."""
    desired_state: str | None
    """Active, Paused, Stopped or Pending."""
    connector_display_name: str | None
    """The connector as Streamkap's web page names it."""
    created_timestamp: str | None
    """When the source was made, ISO 8601, such as ``2026-01-15T10:30:00Z``."""
    kc_cluster_id: str | None
    """The Kafka Connect cluster; None is the default cluster."""
    tags: list[str]
    """Ids of the source's tags."""
    sub_id: str | None
    """What the API calls ``sub_id``; its documentation does not tell of what it is the id."""
    tenant_id: str | None
    """The customer whose source it is, an id."""
    service_id: str | None
    """The project that it belongs to, an id."""
    ssh_public_key: str | None
    """The key to install on the bastion host, for a source with ``ssh.enabled``."""
    webhook_url: str | None
    """Where to send events, for a webhook source."""
    tasks: list[Any] = field(repr=False)
    """The numbers of the connector's tasks."""
    task_statuses: Mapping[str, Any] = field(repr=False)
    """Task number, as a text, to a mapping: ``state``, and ``trace`` where it failed."""
    config: Mapping[str, Any] = field(repr=False)
    """All properties that the API tells, the server's own ones too, under dotted keys; the secret ones are left out."""


_known = Redaction()
"""The secrets that the look-ups of this process have come across."""
_FACTS = [fact.name for fact in fields(SourceResult) if fact.name != "id"]


def get_source(*, name: str | None = None, id: str | None = None) -> SourceResult:
    """Look up a source by its exact `name` (`GET /sources`) or by its `id` (`GET /sources/{id}`).

    Needs credentials, in a preview too.

    Raises:
        pulumi.RunError: there is none, there are several, or the API cannot be asked. The text tells which.
    """
    if (name is None) == (id is None):
        raise pulumi.RunError("get_source: give either name or id, for example get_source(name='orders')")
    return _look_up(name, id)


@contextmanager
def answered_by(look_up: LookUp) -> Iterator[None]:
    """Have `look_up` answer instead of Streamkap, for tests without any network."""
    global _look_up  # noqa: PLW0603 - it is put back
    before, _look_up = _look_up, look_up
    try:
        yield
    finally:
        _look_up = before


def _ask_streamkap(name: str | None, id: str | None) -> SourceResult:
    asked = f"get_source({f'name={name!r}' if id is None else f'id={id!r}'})"
    try:
        settings = Settings.find(_configuration)
    except StreamkapError as error:
        raise pulumi.RunError(f"{asked} failed: {error}") from None
    try:
        api = _client(settings)
        return result(_named(api, str(name)) if id is None else api.sources.get(id), api.redaction)
    except StreamkapError as error:
        said = error.told(_known.text)
        raise pulumi.RunError(f"{asked} failed: {said}\n{next_step(error, settings.host)}".rstrip()) from None


LookUp = Callable[[str | None, str | None], SourceResult]
_look_up: LookUp = _ask_streamkap


def get_source_output(
    *, name: pulumi.Input[str] | None = None, id: pulumi.Input[str] | None = None
) -> pulumi.Output[SourceResult]:
    """`get_source` for a name or an id that may be an Output."""
    return pulumi.Output.all(name, id).apply(lambda known: get_source(name=known[0], id=known[1]))


def _configuration(key: str) -> str | None:
    namespace, _, name = key.partition(":")
    return pulumi.Config(namespace).get(name)


@cache
def _client(settings: Settings) -> Streamkap:
    return Streamkap.from_settings(settings, report=inform, redaction=_known)


def _named(api: Streamkap, name: str) -> SourceConnector:
    found = list(api.sources.named(name, secret_returned=True))
    if len(found) == 1:
        return found[0]
    if not found:
        raise StreamkapError(f"no source of this project has the name {name!r}\n{what_to_check('name', api.host)}")
    raise StreamkapError(f"several sources have the name {name!r}: {', '.join(source.id for source in found)}; use id=")


def result(source: SourceConnector, redaction: Redaction | None = None) -> SourceResult:
    """What is told of a source that the API has answered with. `redaction` knows of other secrets, and learns its."""
    found = foreign(source, redaction)
    facts: dict[str, Any] = {name: found.get(name) for name in _FACTS}
    return SourceResult(id=source.id, **facts)
