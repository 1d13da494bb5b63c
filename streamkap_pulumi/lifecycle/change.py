"""What an update is to change, and whether it was applied: the API may accept what it does not do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.config.secrecy import is_secret
from streamkap_pulumi.config.values import clears, same
from streamkap_pulumi.kinds.kind import Change as Does
from streamkap_pulumi.kinds.kind import Field
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.grants import grants_in, new_grants
from streamkap_pulumi.lifecycle.identity import differing_keys, has_effect_in, hidden, keeps_secret
from streamkap_pulumi.lifecycle.live import config_of


@dataclass(frozen=True)
class Change:
    """What an update is to do: the object as it was read before, as it was declared, and as it is declared now."""

    before: Any
    was: Declared
    declared: Declared

    @property
    def is_sent(self) -> bool:
        """The API has to be given something; a state action does not count."""
        return any(self._is_declared_otherwise(each) for each in self.declared.kind.inputs)

    def values(self, live: Any) -> dict[str, Any]:
        """The inputs to send, by their names, without the config.

        A PUT replaces what it does not leave out, so what is not declared is sent as it is in `live`.
        """
        whole = [each for each in self.declared.kind.inputs if each.change in {Does.REPLACE, Does.SEND}]
        declared = {each.name: self.declared.get(each.name) for each in whole}
        found = {each.name: each.live(live) if declared[each.name] is None else declared[each.name] for each in whole}
        return {name: value for name, value in found.items() if value is not None} | self._sent_alone

    @property
    def _sent_alone(self) -> dict[str, Any]:
        """Inputs that a PUT omits where they did not change. Somebody may have changed the live ones."""
        found: dict[str, Any] = {}
        for each in self._alone():
            value = self.declared.get(each.name)
            is_live = not each.echoed or each.type.same(value, each.live(self.before))
            if value is not None and not (is_live and each.type.same(value, self.was.get(each.name))):
                found[each.name] = value
        return found

    def _alone(self) -> Iterator[Field]:
        return (each for each in self.declared.kind.inputs if each.change is Does.SEND_ALONE)

    def _is_declared_otherwise(self, each: Field) -> bool:
        was, now = self.was.get(each.name), self.declared.get(each.name)
        if each.change is Does.MERGE:
            return self._config_is_declared_otherwise()
        if each.change is Does.SEND:
            return now is not None and not each.type.same(was, now)
        return each.change is Does.SEND_ALONE and now is not None and not each.type.same(now, was)

    def _config_is_declared_otherwise(self) -> bool:
        was, now = self.was.config, self.declared.config
        # A grant that is removed from the program was used up: there is nothing to clear.
        spent = grants_in(self.was.about, was).keys() - now.keys()
        keys = (was.keys() | now.keys()) - spent
        known = {key: self.declared.known(key) for key in keys}
        return any(
            not same(about, was.get(key), now.get(key), key=key) or (key not in was and clears(about, now.get(key)))
            for key, about in known.items()
            if not (about and about.set_once)
        )

    @property
    def grants(self) -> list[str]:
        """The keys of the grants to send."""
        return new_grants(self.declared.about, self.was.config, self.declared.config)

    def missing(self, seen: Any) -> list[str]:
        """What was asked for and shows otherwise: properties by their keys, and inputs by their names."""
        found = list(differing(self.declared, seen, self._changed_secrets))
        found += [each.name for each in self._alone() if not each.echoed and self._is_as_before(each, seen)]
        return [*found, *(f"{key} (no longer declared, and still set)" for key in self._kept(seen))]

    @property
    def _changed_secrets(self) -> set[str]:
        """Those that the API would keep, and that the update sends since their declared values changed."""
        about, was = self.declared.about, self.was.config
        declared = self.declared.config.items()
        return {key for key, value in declared if keeps_secret(about, key) and was.get(key) != value}

    def unseen(self, seen: Any) -> list[str]:
        """What changes and is not shown, so that nothing proves whether it was applied."""
        about, live, was = self.declared.about, config_of(seen), self.was.config
        found = [
            key
            for key, value in self.declared.config.items()
            if hidden(about, key, live.get(key))
            and has_effect_in(about, key, self.declared.config)
            and not same(self.declared.known(key), value, was.get(key), key=key)
            and not same(self.declared.known(key), value, None, key=key)
        ]
        found += self._dropped_unseen(live)
        sent = self._sent_alone
        return found + [each.name for each in self._alone() if sent.get(each.name) and each.live(seen) is None]

    def _dropped_unseen(self, live: Mapping[str, Any]) -> Iterator[str]:
        """Secrets that were to be cleared, and are hidden as they were before: they may still be set."""
        about, before = self.declared.about, config_of(self.before)
        for key in sorted(self.was.config.keys() - self.declared.config.keys()):
            if is_secret(about, key) and hidden(about, key, before.get(key)) and hidden(about, key, live.get(key)):
                yield f"{key} (no longer declared)"

    def _is_as_before(self, each: Field, seen: Any) -> bool:
        """Only the old value proves something: the API may show another one than was sent, or none."""
        sent, shown = self._sent_alone.get(each.name), each.live(seen)
        return sent is not None and shown is not None and shown != sent and shown == each.live(self.before)

    def _kept(self, seen: Any) -> Iterator[str]:
        """Properties that were to be cleared, and are shown as before, other than by the server's own default."""
        about, before, now = self.declared.about, config_of(self.before), config_of(seen)
        for key in self.was.config.keys() - self.declared.config.keys():
            known = self.declared.known(key)
            if known is None or known.server_assigned or known.set_once or hidden(about, key, now.get(key)):
                continue
            # Every number, boolean and choice has some default, though the catalogue may not know it.
            has_default = known.default is not None or known.type in {"boolean", "integer"} or known.enum is not None
            is_default = has_default and (known.default is None or same(known, now[key], known.default))
            if not same(known, now[key], None) and not is_default and same(known, now[key], before.get(key)):
                yield key


def differing(declared: Declared, seen: Any, secrets: Collection[str] = ()) -> Iterator[str]:
    """What is declared and shows otherwise: properties by their keys, and inputs by their names.

    Of the secrets that the API keeps by itself only `secrets` count.
    """
    about = declared.about
    yield from (key for key in differing_keys(declared, seen) if key in secrets or not keeps_secret(about, key))
    for each in declared.kind.inputs:
        value, live = declared.get(each.name), each.live(seen)
        sends = each.change is Does.SEND or (each.change is Does.SEND_ALONE and each.echoed)
        if sends and value is not None and live is not None and not each.type.same(value, live):
            yield each.name
