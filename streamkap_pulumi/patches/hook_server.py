"""Works around a bug of Pulumi's SDK in the program: it may stop its hook server while that is still starting.

A program with hooks runs a small server for them in the background. When an `apply` or a registration fails before
that server has started, the SDK stops it half-started. That crashes Python, and the user never sees what failed. So a
server that is starting may finish starting before it is stopped. Seen with SDK 3.272 and grpcio 1.85.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

_STARTING = "_streamkap_starting"


def let_it_start() -> bool:
    """Let hook servers start before they are stopped; False where the SDK is not as expected."""
    try:
        from pulumi.runtime._callbacks import _CallbackServicer as Servicer  # noqa: PLC0415 - a private name
    except ImportError:
        return False
    servicer: Any = Servicer
    serve: Any = getattr(servicer, "serve", None)
    shutdown: Any = getattr(servicer, "shutdown", None)
    if hasattr(servicer, _STARTING):
        return True
    is_known = inspect.iscoroutinefunction(serve) and inspect.iscoroutinefunction(shutdown)
    if not is_known or not isinstance(getattr(servicer, "_servicers", None), list):
        return False

    async def serve_whole(self: Any) -> None:
        starting = asyncio.ensure_future(serve(self))
        setattr(self, _STARTING, starting)
        await asyncio.shield(starting)

    async def shut_down_later(cls: Any) -> None:
        for each in list(cls._servicers):
            starting = getattr(each, _STARTING, None)
            if starting is not None and starting.get_loop() is asyncio.get_running_loop():
                await asyncio.wait([starting])
        await shutdown()

    setattr(servicer, _STARTING, None)
    servicer.serve = serve_whole
    servicer.shutdown = classmethod(shut_down_later)
    return True
