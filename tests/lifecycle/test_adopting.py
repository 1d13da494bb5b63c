"""Which objects cannot become a declared one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.tag import TAG
from streamkap_pulumi.lifecycle.adopting import CannotAdoptError, adoption
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.declared import Declared
from tests.lifecycle.samples import HUBSPOT, ORDERS


@pytest.mark.parametrize("of_another", ["tenant_id", "service_id"])
def test_a_source_of_another_tenant_or_project_is_not_adopted(
    context: Context, monkeypatch: pytest.MonkeyPatch, of_another: str
) -> None:
    """Though these credentials show it."""
    source_id, _ = create(context, ORDERS)
    seen = context.api.sources.get(source_id)
    assert adoption(context, ORDERS, source_id).live.id == source_id

    def elsewhere(*_: Any, **__: Any) -> Any:
        return seen.model_copy(update={of_another: "another"})

    monkeypatch.setattr(context.api.sources, "get", elsewhere)
    with pytest.raises(CannotAdoptError, match="belongs to another tenant or project"):
        adoption(context, ORDERS, source_id)


def test_a_source_is_adopted_if_the_api_does_not_say_which_account_the_credentials_belong_to(
    context: Context, emulator: Emulator
) -> None:
    """What they show is theirs, as far as anybody knows; what they do not show is reported as such."""
    source_id, outputs = create(context, ORDERS)
    emulator.faults(api_error={"value": 404, "path": "/auth/whoami"})
    assert adoption(context, ORDERS, source_id).outputs == outputs
    with pytest.raises(CannotAdoptError, match=r"\(tenant unknown, project unknown\)"):
        adoption(context, ORDERS, "0" * 24)


def test_what_has_another_connector_or_another_name_is_not_adopted(context: Context) -> None:
    """Each with what can be done."""
    source_id, _ = create(context, ORDERS)
    assert adoption(context, ORDERS, None).live.id == source_id
    with pytest.raises(CannotAdoptError, match="has the connector postgresql, and the program declares hubspot"):
        adoption(context, HUBSPOT, source_id)
    with pytest.raises(CannotAdoptError, match=r"has no source named 'crm'$"):
        adoption(context, HUBSPOT, None)


def test_a_tag_of_streamkaps_own_is_not_adopted_and_one_of_several_is_named_by_its_id(context: Context) -> None:
    """Nobody can change the first; the second differ in type or description, and what differs is shown."""
    tags, its = context.api.tags, replace(context, kind=TAG)
    (system,) = tags.named("Production")
    declared = Declared.from_inputs(TAG, {"name": "Production", "type": ["sources"]})
    for object_id in (None, system.id):
        with pytest.raises(CannotAdoptError, match=r"Streamkap's own.*get_tag\(name='Production'\)\.id") as refused:
            adoption(its, declared, object_id)
        assert system.id in str(refused.value)
    first, second = (tags.create(name="team", type=[word]).id for word in ("sources", "pipelines"))
    declared = Declared.from_inputs(TAG, {"name": "team", "type": ["Sources"], "description": ""})
    with pytest.raises(CannotAdoptError, match=f"Several tags have the name 'team': {first}, {second}. Give the id"):
        adoption(its, declared, None)
    assert adoption(its, declared, first).differing == ()
    assert adoption(its, declared, second).differing == ("type",)
