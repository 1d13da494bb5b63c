"""What a source takes from Pulumi's resource options beside what Pulumi does with them: their time-outs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from streamkap_pulumi.config.wording import described
from streamkap_pulumi.lifecycle.declared import OPERATIONS
from streamkap_pulumi.lifecycle.durations import seconds
from streamkap_pulumi.serialising import is_eventual

_PATH = "opts.custom_timeouts"


def resource_options(resource_name: str, given: Any) -> pulumi.ResourceOptions:
    """`given` as a copy.

    Raises:
        pulumi.RunError: it is something else than resource options.
    """
    if given is not None and not isinstance(given, pulumi.ResourceOptions):
        raise pulumi.RunError(
            f"Source {resource_name!r}: opts: it is {described(given)}; write opts=pulumi.ResourceOptions(…), for "
            "example opts=pulumi.ResourceOptions(protect=True)"
        )
    return pulumi.ResourceOptions.merge(None, given)


def take_timeouts(opts: pulumi.ResourceOptions, timeouts: Any) -> tuple[Any, list[str], list[str]]:
    """The input `timeouts` with the `custom_timeouts` of `opts`, which loses them; and faults and warnings about these.

    The provider never hears of custom time-outs, and the engine does nothing with them for it. An operation that has
    both takes that of the input.
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
    """What is no mapping is refused later, so it stays."""
    if timeouts is None:
        return dict(custom) or None
    return {**custom, **timeouts} if isinstance(timeouts, Mapping) else timeouts


def _faults(custom: Mapping[Any, Any]) -> Iterator[str]:
    for operation, duration in custom.items():
        if operation not in OPERATIONS:
            yield f"{_PATH}.{operation}: there is no such operation; the operations are {', '.join(OPERATIONS)}"
        elif isinstance(duration, bool) or not isinstance(duration, (str, int, float)):
            yield f"{_PATH}.{operation}: it is {described(duration)}; a duration is a text such as '20m'"
        else:
            try:
                seconds(duration)
            except ValueError as error:
                yield f"{_PATH}.{operation}: {duration!r} cannot be used: {error}"
