"""The hooks that fail a run whose object did not become ready, without losing the object.

A provider cannot do that: when create raises, nothing is recorded. So create and update record the object and why it
is not ready, and a hook in the program, which runs after that, raises the reason. Dependents are then not started.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.settings import get_monitor

from streamkap_pulumi.lifecycle.keys import NOT_READY
from streamkap_pulumi.patches import hook_server

_HOOK = "streamkap: object is ready"

_hooks: WeakKeyDictionary[object, pulumi.ResourceHook] = WeakKeyDictionary()
"""By the run's connection to the engine: a hook belongs to one run, and a process may hold several."""


class NotReadyError(Exception):
    """An object exists, is recorded, and has not become what it was declared to be."""


def bind() -> pulumi.ResourceHookBinding:
    """The hooks of this run, for the options of a resource."""
    hook = _hook_of_this_run()
    return pulumi.ResourceHookBinding(after_create=[hook], after_update=[hook])


def _hook_of_this_run() -> pulumi.ResourceHook:
    monitor = get_monitor()
    hook = _hooks.get(monitor) if monitor is not None else None
    if hook is None:
        hook_server.let_it_start()
        hook = pulumi.ResourceHook(_HOOK, _raise_unless_ready)
        if monitor is not None:
            _hooks[monitor] = hook
    return hook


def _raise_unless_ready(arguments: pulumi.ResourceHookArgs) -> None:
    reason = (arguments.new_outputs or {}).get(NOT_READY)
    if reason:
        raise NotReadyError(reason)
