"""The names of hidden inputs and of hidden outputs. They are in every state, so their values never change."""

from __future__ import annotations

DECLARED = "__declared"
"""Recorded: which of the optional inputs the program declares."""
HOST = "__host"
"""Recorded: the host at which the object was created."""
CLIENT = "__client"
"""Recorded: a digest of the host and the client id that created or updated the object; absent in older states."""
OWNER = "__{}"
"""Recorded: the tenant and the project of an object that does not name them itself: ``__tenant_id``, for example."""
NOT_READY = "__not_ready"
"""Recorded: why the object was not ready after the last create or update with `wait`; absent when it was."""
SPENT_GRANTS = "__spent_grants"
"""Recorded: digests of the grants that were used and are no longer declared."""
FOREIGN = "__foreign"
"""Hidden property of an object that this stack only reads, by `Source.get`."""

ASKED = "__asked"
"""Hidden input: when the program asked for the object, by the clock of the machine that ran it.

It is recorded while the object is being created, so what is older than it cannot be what an interrupted create made.
"""
PROPOSED_NAME = "__name"
"""Hidden input: the default name, which each resource has whether it is used or not."""
SECRET_KEYS = "__secret_keys"  # noqa: S105 - keys, and not a secret
"""Hidden input, and recorded: the keys of the config whose values the program marks as secret; ``*`` is all of them."""
FAULTS = "__faults"
"""Hidden input: the faults that the program itself found: sentences, what `refusal` returns, and lists of these."""
SPELLING = "__spelling"
"""Hidden input: how the program spells the properties of its config, where that is not by their real keys."""
UNCHECKED = "__unchecked"
"""Hidden input: the keys of the config that are newer than the catalogue, and sent as they are."""
SILENT = "__silent"
"""Hidden input: the inputs, and ``config.<key>``, whose values came as Outputs. They may be secret: none is quoted."""

CUSTOM_TIMEOUT = "__custom_timeout"
"""Not recorded: the seconds that the engine gives the operation, where a transform has set `custom_timeouts`."""

EXISTS = "STREAMKAP_SOURCE_EXISTS"
"""Environment variable that `streamkap adopt` sets for the preview by which it learns what is declared."""
