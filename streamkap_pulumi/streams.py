"""Writes to standard streams: a report must never break the work that it reports on."""

from __future__ import annotations

import contextlib
import json
import os
from typing import TextIO


def write(stream: TextIO | None, text: str) -> OSError | None:
    """Write all of `text` at once; return the error where the stream fails. Never raises.

    Characters that the stream's encoding lacks are escaped as in JSON, so that JSON stays JSON. A stream that failed is
    not written to again: Python would try once more at the end of the process, and complain.
    """
    if stream is None:  # The process was started without one.
        return None
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:
            stream.write(_encodable(text, stream.encoding))
        stream.flush()
    except OSError as error:
        _close_off(stream)
        return error
    except ValueError:  # It was closed.
        return None
    return None


def _encodable(text: str, encoding: str) -> str:
    return "".join(each if _fits(each, encoding) else json.dumps(each)[1:-1] for each in text)


def _fits(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _close_off(stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
