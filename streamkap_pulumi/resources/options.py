"""Pulumi's resource options, where Pulumi does too little with them: time-outs, and paths that name nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pulumi

from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.config.hints import near
from streamkap_pulumi.config.spelling import field_key, near_key, real_key
from streamkap_pulumi.config.wording import described
from streamkap_pulumi.durations import seconds
from streamkap_pulumi.kinds.types import OPERATIONS
from streamkap_pulumi.serialising import is_eventual

if TYPE_CHECKING:
    from streamkap_pulumi.kinds.kind import Kind

_PATH = "opts.custom_timeouts"


_STEP = re.compile(r"""\.?([^.\[\]"']+)|\[(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([0-9]+|\*))\]""")
"""One step of a property path. Pulumi does not support single quotes, and ignores a path that has some."""


def resource_options(kind: Kind, resource_name: str, given: Any) -> pulumi.ResourceOptions:
    """`given` as a copy.

    Raises:
        pulumi.RunError: it is not resource options.
    """
    if given is not None and not isinstance(given, pulumi.ResourceOptions):
        raise pulumi.RunError(
            f"{kind.type_name} {resource_name!r}: opts: it is {described(given)}; write "
            "opts=pulumi.ResourceOptions(…), for example opts=pulumi.ResourceOptions(protect=True)"
        )
    return pulumi.ResourceOptions.merge(None, given)


def take_timeouts(opts: pulumi.ResourceOptions, timeouts: Any) -> tuple[Any, list[str], list[str]]:
    """The input `timeouts` with the `custom_timeouts` of `opts`, which loses them; and faults and warnings about these.

    The engine does nothing with custom time-outs, and what is recorded does not hold them. An operation that has both
    takes that of the input.
    """
    given, opts.custom_timeouts = opts.custom_timeouts, None
    if given is None:
        return timeouts, [], []
    custom: Any = given
    if isinstance(given, pulumi.CustomTimeouts):
        custom = {name: getattr(given, name, None) for name in (*OPERATIONS, "read")}
    if not isinstance(custom, Mapping):
        return timeouts, [f'{_PATH}: it is {described(given)}; write pulumi.CustomTimeouts(create="20m")'], []
    custom = {name: value for name, value in custom.items() if value is not None}
    faults = list(_faults({name: value for name, value in custom.items() if name != "read"}))
    warnings = [f"{_PATH}.read: it has no effect; streamkap:readTimeout bounds each read"] if "read" in custom else []
    usable = {name: value for name, value in custom.items() if name in OPERATIONS} if not faults else {}
    if is_eventual(timeouts):
        return pulumi.Output.from_input(timeouts).apply(lambda known: _over(usable, known)), faults, warnings
    return _over(usable, timeouts), faults, warnings


def _over(custom: Mapping[str, Any], timeouts: Any) -> Any:
    """What is not a mapping is refused later, so it stays."""
    if timeouts is None:
        return dict(custom) or None
    return {**custom, **timeouts} if isinstance(timeouts, Mapping) else timeouts


def _faults(custom: Mapping[Any, Any]) -> Iterator[str]:
    for operation, duration in custom.items():
        if operation not in OPERATIONS:
            yield f"{_PATH}.{operation}: there is no such operation; the operations are {', '.join(OPERATIONS)}"
        elif isinstance(duration, bool) or not isinstance(duration, (str, int, float)):
            yield f"{_PATH}.{operation}: it is {described(duration)}; a duration is a string such as '20m'"
        else:
            try:
                seconds(duration)
            except ValueError as error:
                yield f"{_PATH}.{operation}: {duration!r} cannot be used: {error}"


def path_warnings(kind: Kind, opts: pulumi.ResourceOptions, connector: Any, config: Any) -> Iterator[str]:
    """Warnings about paths in `opts` that name nothing: Pulumi ignores them silently.

    Args:
        kind: of the object.
        opts: its resource options.
        connector: its code, as it is sent to the engine.
        config: by real keys, as it is sent to the engine.
    """
    about = kind.connector(connector)
    keys: Collection[str] = config.keys() if isinstance(config, Mapping) else ()
    for option in ("ignore_changes", "replace_on_changes"):
        for path in _strings(getattr(opts, option, None)):
            better = _better_path(kind, path, about, keys)
            if better is not None:
                end = (
                    f"; write {better!r}"
                    if better
                    else f"; the inputs of a {kind.type_name} are {', '.join(kind.input_names)}"
                )
                yield f"opts.{option}: {path!r} names nothing, so it has no effect{end}"
    for name in _strings(opts.additional_secret_outputs):
        if name not in kind.by_name or not kind.by_name[name].is_output:
            yield (
                f"opts.additional_secret_outputs: {name!r} is not an output, so it has no effect. It takes whole "
                "outputs, such as 'config'; a single property is a secret where the program gives it as "
                "pulumi.Output.secret(...)"
            )


def _strings(given: Any) -> list[str]:
    return [each for each in given if isinstance(each, str)] if isinstance(given, (list, tuple, set)) else []


def _better_path(kind: Kind, path: str, connector: Connector | None, keys: Collection[str]) -> str | None:
    """The path that was meant; an empty one where that is not clear, and None where the path is right."""
    found = list(_STEP.finditer(path))
    steps = [next(step for step in each.groups() if step is not None) for each in found]
    if path == "*" or path.startswith("__"):
        return None
    if not steps or "".join(each.group() for each in found) != path or steps[0] not in kind.input_names:
        key = _meant_key(path, connector, keys)
        if key is None:
            return next(iter(near(steps[0], kind.input_names, cutoff=0.6)), "") if steps else ""
        return _path_of(key)
    is_single = any(each.group(3) is not None for each in found)
    if steps[0] != "config" or len(steps) == 1 or steps[1] == "*":
        return path.replace("'", '"') if is_single else None
    known = connector.properties.get(steps[1]) if connector else None
    if known or steps[1] in keys or (connector and connector.described(steps[1])):
        # The engine sees a list, or a mapping, as one string.
        is_inside_string = len(steps) > 2 and known is not None and known.wire != "array<string>"
        return _path_of(steps[1]) if is_inside_string or is_single else None
    key = _meant_key(".".join(steps[1:]), connector, keys)
    # Of a config or a connector that is not known yet, or not at all, any key may be right.
    return _path_of(key or steps[1]) if key or is_single else None


def _path_of(key: str) -> str:
    return f'config["{key}"]'


def _meant_key(written: str, connector: Connector | None, keys: Collection[str]) -> str | None:
    """The key of the config that somebody wrote as a part of a path."""
    if written in keys or connector is None:
        return written if written in keys else None
    real = real_key(connector, written)
    return real if connector.described(real) else field_key(connector, written) or near_key(connector, written)
