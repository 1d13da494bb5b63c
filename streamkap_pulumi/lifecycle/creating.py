"""Create: POST, then wait. Once the source exists, nothing here raises: a failed create would lose it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import StreamkapError
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.making import make
from streamkap_pulumi.lifecycle.recorded import outputs
from streamkap_pulumi.lifecycle.settling import LOOK_AGAIN, settle
from streamkap_pulumi.lifecycle.tenancy import seen_from

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.models import SourceConnector


def create(context: Context, declared: Declared) -> tuple[str, dict[str, Any]]:
    """Create the source (`POST /sources`) and give its id and outputs.

    Raises:
        NameTakenError: a source has the name already. It is not touched.
        UnknownOutcomeError: in the end it is not known whether the source was made.
        StreamkapError: the source could not be created.
    """
    context.redaction.learn(declared.secrets())
    made = make(context, declared)
    if made.connection_warning:
        told = context.redaction.text(made.connection_warning)
        context.report(f"warning: source {declared.name!r} ({made.id}): Streamkap created it and warns: {told}")
    return made.id, finish(context, declared, made)


def finish(context: Context, declared: Declared, made: SourceConnector) -> dict[str, Any]:
    """The outputs of a source that was made, once it has settled where the program waits for that. Never raises."""
    redaction = context.redaction.learn(declared.secrets())
    seen, not_ready = made, None
    try:
        if declared.wait:
            outcome = settle(context, declared, made, operation="create", redaction=redaction)
            seen, not_ready = outcome.last, outcome.not_ready
        seen = _with_owner(context.api, made, seen)
    except Exception as error:  # noqa: BLE001 - whatever it is, the source exists and has to be recorded
        failed = f"source {declared.name!r} ({made.id}) was made and could not be watched ({type(error).__name__})"
        not_ready = f"{failed}. {LOOK_AGAIN.format(first='')}"
    return outputs(declared, seen, seen_from=seen_from(context.api), redaction=redaction, not_ready=not_ready)


def _with_owner(api: Streamkap, made: SourceConnector, seen: SourceConnector) -> SourceConnector:
    """`seen` with tenant and project: a later "it is gone" is believed only from there."""
    owner = {
        "tenant_id": seen.tenant_id or made.tenant_id,
        "service_id": seen.service_id or made.service_id,
    }
    if not all(owner.values()):
        try:
            who = api.whoami()
        except StreamkapError:
            return seen
        owner = {name: owner[name] or getattr(who, name) for name in owner}
    return seen.model_copy(update=owner)
