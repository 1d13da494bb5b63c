"""Whether an update was applied: the API may accept what it does not do, and an answer may be lost."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.config.catalogue import find_connector
from streamkap_pulumi.config.secrecy import is_secret
from streamkap_pulumi.config.values import same
from streamkap_pulumi.lifecycle.declared import Declared, properties_of
from streamkap_pulumi.lifecycle.grants import new_grants
from streamkap_pulumi.lifecycle.identity import differing_keys, has_effect_of, hidden, keeps_secret

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector


@dataclass(frozen=True)
class Change:
    """What an update is to do: the source as it was seen before it, as it was declared, and as it is declared now."""

    before: SourceConnector
    was: Declared
    declared: Declared

    @property
    def tags(self) -> tuple[str, ...] | None:
        """The tags to send. Somebody may have changed them in the web page, so the live ones count, too."""
        declared, live = self.declared.tags, self.before.tags
        if declared is None or (live is not None and _alike(declared, live) and _alike(declared, self.was.tags)):
            return None
        return declared

    @property
    def kc_cluster_id(self) -> str | None:
        """The cluster to send."""
        return self.declared.kc_cluster_id if self.declared.kc_cluster_id != self.was.kc_cluster_id else None

    @property
    def grants(self) -> list[str]:
        """The keys of the grants to send."""
        return new_grants(self.declared.connector, self.was.config, self.declared.config)

    def missing(self, seen: SourceConnector) -> list[str]:
        """What was asked for and shows otherwise: properties by their keys, and inputs by their names."""
        found = list(differing(self.declared, seen, self._changed_secrets))
        if self._still_in_its_cluster(seen):
            found.append("kc_cluster_id")
        return [*found, *(f"{key} (no longer declared, and still set)" for key in self._kept(seen))]

    @property
    def _changed_secrets(self) -> set[str]:
        """Those that the API would keep, and that the update sends since they are declared otherwise now."""
        connector = find_connector(self.declared.connector)
        was = self.was.config
        declared = self.declared.config.items()
        return {key for key, value in declared if keeps_secret(connector, key) and was.get(key) != value}

    def unseen(self, seen: SourceConnector) -> list[str]:
        """What changes and is not shown, so that nobody can tell whether it was applied."""
        code, shown, was = self.declared.connector, seen.config or {}, self.was.config
        properties = properties_of(code)
        found = [
            key
            for key, value in self.declared.config.items()
            if hidden(code, key, shown.get(key))
            and has_effect_of(code, key, self.declared.config)
            and not same(properties.get(key), value, was.get(key), key=key)
            and not same(properties.get(key), value, None, key=key)
        ]
        found += self._dropped_unseen(shown)
        if self.tags and seen.tags is None:
            found.append("tags")
        if self.kc_cluster_id and seen.kc_cluster_id is None:
            found.append("kc_cluster_id")
        return found

    def _dropped_unseen(self, shown: Mapping[str, Any]) -> Iterator[str]:
        """Secrets that were to be cleared, and are hidden as they were before: they may still be set."""
        code, before = self.declared.connector, self.before.config or {}
        connector = find_connector(code)
        for key in sorted(self.was.config.keys() - self.declared.config.keys()):
            if is_secret(connector, key) and hidden(code, key, before.get(key)) and hidden(code, key, shown.get(key)):
                yield f"{key} (no longer declared)"

    def _still_in_its_cluster(self, seen: SourceConnector) -> bool:
        """Only the cluster's former name tells: the API may show another one than was sent, or none."""
        sent, shown = self.kc_cluster_id, seen.kc_cluster_id
        return sent is not None and shown not in {None, sent} and shown == self.before.kc_cluster_id

    def _kept(self, seen: SourceConnector) -> Iterator[str]:
        """Properties that were to be cleared, and are shown as before, other than by the server's own default."""
        code, before, now = self.declared.connector, self.before.config or {}, seen.config or {}
        connector = find_connector(code)
        for key in self.was.config.keys() - self.declared.config.keys():
            known = connector.properties.get(key) if connector else None
            if known is None or known.server_assigned or hidden(code, key, now.get(key)):
                continue
            # Every number, boolean and choice has some default, though the catalogue need not know it.
            has_default = known.default is not None or known.type in {"boolean", "integer"} or known.enum is not None
            is_default = has_default and (known.default is None or same(known, now[key], known.default))
            if not same(known, now[key], None) and not is_default and same(known, now[key], before.get(key)):
                yield key


def differing(declared: Declared, seen: SourceConnector, secrets: Collection[str] = ()) -> Iterator[str]:
    """What is declared and shows otherwise: properties by their keys, `name` and `tags`.

    Of the secrets that the API keeps by itself only `secrets` count.
    """
    connector = find_connector(declared.connector)
    yield from (key for key in differing_keys(declared, seen) if key in secrets or not keeps_secret(connector, key))
    if seen.name is not None and seen.name.strip() != declared.name.strip():
        yield "name"
    if declared.tags is not None and seen.tags is not None and not _alike(declared.tags, seen.tags):
        yield "tags"


def _alike(some: Any, others: Any) -> bool:
    return some is not None and others is not None and set(some) == set(others)
