"""Properties that are maps, and how an update changes them: `{}` clears a map, and null leaves it as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.emulator.calls import Call


def stored_maps(call: Call, connector: Connector, sent: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What becomes of the maps, by their properties; `sent` is the config of a PUT, and `before` the one so far."""
    maps = [key for key, known in connector.properties.items() if known.type == "map"]
    kept = [key for key in maps if key in before and key not in sent and call.fault("map_keys_left_out") == "kept"]
    changed = {key: _changed(call, sent[key], before.get(key)) for key in maps if key in sent}
    return {**changed, **{key: before[key] for key in kept}}


def _changed(call: Call, sent: Any, before: Any) -> Any:
    if sent is None:
        return before if call.fault("map_null") == "leave" else None
    if not isinstance(sent, dict) or not sent:
        return sent
    kept = before if call.fault("map_keys_left_out") == "kept" and isinstance(before, dict) else {}
    drops = call.fault("map_null_values") == "gone"
    return {key: value for key, value in {**kept, **sent}.items() if value is not None or not drops}
