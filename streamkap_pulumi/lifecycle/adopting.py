"""Taking a source that exists under management: what is recorded is what is declared, with the live values in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import NotFoundError
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared, secrets_in
from streamkap_pulumi.lifecycle.errors import LifecycleError
from streamkap_pulumi.lifecycle.identity import differing_keys
from streamkap_pulumi.lifecycle.presence import is_elsewhere, seen_from, whose
from streamkap_pulumi.lifecycle.reading import drifted
from streamkap_pulumi.lifecycle.recorded import outputs, with_owner

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector, Whoami


class CannotAdoptError(LifecycleError):
    """The source cannot become the declared one."""


class NoneFoundError(CannotAdoptError):
    """No source has that id or that name."""


@dataclass(frozen=True)
class Adoption:
    """A live source, and what is recorded when it becomes the declared one, which `repr` leaves out for its secrets."""

    source: SourceConnector
    recorded: Declared
    outputs: dict[str, Any] = field(repr=False)
    differing: tuple[str, ...]
    """What an `up` would then change, by name: properties of the config, and inputs."""


def adoption(context: Context, declared: Declared, source_id: str | None) -> Adoption:
    """Look at the source with that id, or of the declared name (`GET /sources/{id}`, `GET /sources`).

    As with a refresh, a declared key takes the live value where that means something else, so that the next preview
    shows what an `up` would change. What is not declared is not compared.

    Raises:
        NoneFoundError: there is none.
        CannotAdoptError: it is of another connector, or of another tenant or project.
    """
    context.redaction.learn(declared.secrets())
    who = whose(context.api)
    live = _by_id(context, source_id, who) if source_id else _by_name(context, declared.name)
    if live.connector != declared.connector:
        raise CannotAdoptError(
            f"The source {live.id} ({live.name}) is of the connector {live.connector}, and the program declares "
            f"{declared.connector}: an update cannot change that. Declare the same connector."
        )
    if is_elsewhere(live, who):
        raise CannotAdoptError(f"The source {live.id} belongs to another tenant or project than the credentials.")
    live = with_owner(live, who.model_dump() if who else {})
    recorded = drifted(declared, live, differing_keys(declared, live))
    redaction = context.redaction.learn(secrets_in(live.connector, live.config))
    return Adoption(
        live,
        recorded,
        outputs(recorded, live, seen_from=seen_from(context.api), redaction=redaction),
        tuple(_differing(declared, recorded, live)),
    )


def _by_id(context: Context, source_id: str, who: Whoami | None) -> SourceConnector:
    try:
        return context.api.sources.get(source_id)
    except NotFoundError:
        tenant, project = (who.tenant_id, who.service_id) if who else (None, None)
        raise NoneFoundError(
            f"There is no source {source_id} in the project of these credentials (tenant {tenant or 'unknown'}, "
            f"project {project or 'unknown'})."
        ) from None


def _by_name(context: Context, name: str) -> SourceConnector:
    found = next(context.api.sources.named(name, secret_returned=True), None)
    if found is None:
        raise NoneFoundError(f"The project of these credentials has no source named {name!r}")
    return context.api.sources.get(found.id)


def _differing(declared: Declared, recorded: Declared, live: SourceConnector) -> list[str]:
    inputs = ("name", "desired_state", "tags", "kc_cluster_id")
    return [
        *(f"config.{key}" for key in sorted(differing_keys(declared, live))),
        *(name for name in inputs if getattr(declared, name) != getattr(recorded, name)),
    ]
