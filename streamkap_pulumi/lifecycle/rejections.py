"""What Streamkap refuses in spite of our checks, told by property and in the user's own spelling."""

from __future__ import annotations

import re

from streamkap_pulumi.config.catalogue import find_connector
from streamkap_pulumi.config.spelling import Spelling


def in_users_spelling(text: str, code: str | None, spelling: Spelling | None) -> str:
    """`text` with each property that it names named as the program does, also in a path such as ``config.<key>``."""
    connector = find_connector(code or "")
    if connector is None or spelling is None:
        return text
    spelled = {key: spelling.of(connector, key) for key in connector.properties}
    others = sorted((key for key, name in spelled.items() if name != key), key=len, reverse=True)
    if not others:
        return text
    keys = "|".join(map(re.escape, others))
    pattern = rf"(?:(?<![\w.-])|(?<=\bconfig\.))({keys})(?![\w-]|\.\w)"
    return re.sub(pattern, lambda found: spelled[found.group(1)], text)
