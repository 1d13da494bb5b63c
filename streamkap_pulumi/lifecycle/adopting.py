"""Bringing an existing object under management: what is recorded is what is declared, with the live values in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import NotFoundError
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.errors import LifecycleError
from streamkap_pulumi.lifecycle.identity import differing_keys, set_once
from streamkap_pulumi.lifecycle.presence import account, is_elsewhere, seen_from
from streamkap_pulumi.lifecycle.reading import drifted
from streamkap_pulumi.lifecycle.recorded import outputs, with_owner

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import Whoami


class CannotAdoptError(LifecycleError):
    """The object cannot become the declared one."""


class NoneFoundError(CannotAdoptError):
    """There is no object with that id or that name."""


@dataclass(frozen=True)
class Adoption:
    """A live object, and what is recorded when it becomes the declared one, which `repr` omits for its secrets."""

    live: Any
    recorded: Declared
    outputs: dict[str, Any] = field(repr=False)
    differing: tuple[str, ...]
    """What an `up` would then change, by name: properties of the config, and inputs."""


def adoption(context: Context, declared: Declared, object_id: str | None) -> Adoption:
    """Read the object with that id, or with the declared name (`GET`).

    As with a refresh, a declared key takes the live value where that means something else, so that the next preview
    shows what an `up` would change. What is not declared is not compared.

    Raises:
        NoneFoundError: there is none.
        CannotAdoptError: it has another connector, belongs to another tenant or project, or is Streamkap's own.
    """
    kind = context.kind
    context.redaction.learn(declared.secrets())
    who = account(context.api)
    live = _by_id(context, object_id, who) if object_id else _by_name(context, declared.name)
    if kind.is_reserved(live):
        raise CannotAdoptError(
            f"The {kind.noun} {live.id} ({live.name}) is one of Streamkap's own, which nobody can change or delete. "
            f"Do not declare it: refer to it by its id, or by streamkap.get_{kind.noun}(name={live.name!r}).id."
        )
    if other := next(set_once(declared, live), None):
        raise CannotAdoptError(
            f"The {kind.noun} {live.id} ({live.name}) has the {other.path} {other.live}, and the program "
            f"declares {other.declared}: an update cannot change that. Declare the same {other.path}."
        )
    if is_elsewhere(live, who):
        raise CannotAdoptError(f"The {kind.noun} {live.id} belongs to another tenant or project than the credentials.")
    live = with_owner(kind, live, who.model_dump() if who else {})
    recorded = drifted(declared, live, differing_keys(declared, live))
    return Adoption(
        live,
        recorded,
        outputs(recorded, live, seen_from=seen_from(context.api), redaction=context.redaction),
        tuple(_differing(declared, recorded, live)),
    )


def _by_id(context: Context, object_id: str, who: Whoami | None) -> Any:
    try:
        return context.fetch(object_id)
    except NotFoundError:
        tenant, project = (who.tenant_id, who.service_id) if who else (None, None)
        raise NoneFoundError(
            f"There is no {context.kind.noun} {object_id} in the project of these credentials (tenant "
            f"{tenant or 'unknown'}, project {project or 'unknown'})."
        ) from None


def _by_name(context: Context, name: str) -> Any:
    kind, named = context.kind, context.objects.named(name, secret_returned=True)
    found = next(named, None)
    if found is None:
        raise NoneFoundError(f"The project of these credentials has no {kind.noun} named {name!r}")
    others = [] if kind.unique == ("name",) else [each.id for each in named]
    if others:
        raise CannotAdoptError(
            f"Several {kind.plural} have the name {name!r}: {', '.join([found.id, *others])}. Give the id of one."
        )
    return context.fetch(found.id)


def _differing(declared: Declared, recorded: Declared, live: Any) -> list[str]:
    return [
        *(f"config.{key}" for key in sorted(differing_keys(declared, live))),
        *(
            each.name
            for each in declared.kind.inputs
            if each.drifts and declared.get(each.name) != recorded.get(each.name)
        ),
    ]
