"""Clears texts of secret values, whatever spelling the text quotes them in."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from typing_extensions import Self

CLEARED = "[secret]"

_SHORT = 4
"""A secret shorter than this is cleared only where it stands as a word: else it would eat every text."""


class Redaction:
    """Knows secret values and takes them out of texts; threads may share one, and it learns as it goes.

    Each value is found raw, URL-encoded and JSON-escaped; of a connection string also the password in it.
    """

    def __init__(self, secrets: Iterable[Any] = ()) -> None:
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._forms: set[str] = set()
        self.learn(secrets)

    def learn(self, secrets: Iterable[Any]) -> Self:
        """Know these values, too; what is no text, list or mapping of texts holds no secret."""
        texts = {text for secret in secrets for text in _texts(secret)}
        with self._lock:
            new = texts - self._known
            self._known |= new
            self._forms.update(*map(_forms, new))
        return self

    def text(self, text: str) -> str:
        """`text` without a secret."""
        # A run may know thousands, and a text holds few: only those make the pattern.
        with self._lock:
            held = [form for form in self._forms if form in text]
        if not held:
            return text
        held.sort(key=lambda form: (-len(form), form))
        pattern = "|".join(
            re.escape(form) if len(form) >= _SHORT else rf"(?<!\w){re.escape(form)}(?!\w)" for form in held
        )
        return re.sub(pattern, CLEARED, text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._forms)} forms of secrets)"

    def data(self, data: Any) -> Any:
        """`data`, as JSON gives it, without a secret in any of its texts."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, Mapping):
            return {self.text(str(key)): self.data(value) for key, value in data.items()}
        if isinstance(data, (list, tuple)):
            return [self.data(item) for item in data]
        return data


def _texts(secret: Any) -> list[str]:
    if isinstance(secret, bool) or secret is None:
        return []
    if isinstance(secret, Mapping):
        return [text for value in secret.values() for text in _texts(value)]
    if isinstance(secret, (list, tuple)):
        return [text for item in secret for text in _texts(item)]
    text = str(secret).strip()
    return [text, *_password_in(text)] if text else []


def _password_in(text: str) -> list[str]:
    if "://" not in text:
        return []
    try:
        password = urlsplit(text).password
    except ValueError:
        return []
    return [password, unquote(password)] if password else []


def _forms(text: str) -> set[str]:
    lines = {text} | ({line.strip() for line in text.splitlines() if len(line.strip()) > 15} if "\n" in text else set())
    forms: set[str] = set()
    for line in lines:
        escaped = json.dumps(line)[1:-1]
        unescaped = json.dumps(line, ensure_ascii=False)[1:-1]
        forms |= {
            line,
            escaped,
            unescaped,
            json.dumps(escaped)[1:-1],
            quote(line, safe=""),
            quote(line),
            quote_plus(line),
        }
    return forms
