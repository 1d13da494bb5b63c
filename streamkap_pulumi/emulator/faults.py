"""Faults at run time: the value of a switch for a request, and how often it was used.

A fault is set to a plain value, or to a value with a scope: for how many requests, for which methods and paths, and
after how many requests. A list of such rules is tried in order, and the first that matches wins; when none matches, the
switch has its default value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.emulator.switches import SWITCHES, BadValueError, Switch, Value, find_switch

if TYPE_CHECKING:
    from streamkap_pulumi.emulator.calls import Call
    from streamkap_pulumi.emulator.store import Store

CONTROL = "/_emulator"
"""The routes that control the emulator; no fault affects them, and they are not logged."""
_SCOPE = {
    "value": "value",
    "times": "times",
    "after": "after",
    "method": "methods",
    "methods": "methods",
    "path": "path",
    "paths": "path",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A value, and the requests that get it."""

    value: Value
    times: int | None = None
    """For how many requests; None for all."""
    after: int = 0
    """How many matching requests pass first."""
    methods: tuple[str, ...] = ()
    path: str | None = None
    """The beginning of the path, or a regular expression when it starts with ``^``."""
    seen: int = 0
    """How many requests have matched so far."""
    fired: int = 0
    """How many of them have got the value."""

    @property
    def scoped(self) -> bool:
        """Whether only some requests get it."""
        return self.times is not None or self.after > 0 or bool(self.methods) or self.path is not None

    def fits(self, switch: Switch, call: Call) -> bool:
        """Whether this request matches, apart from the counts."""
        if call.path.startswith(CONTROL):
            return False
        methods = self.methods or switch.methods
        if methods and call.method not in methods:
            return False
        if switch.writes_only and not self.methods and not call.writes:
            return False
        if self.path is None:
            return not (switch.spares_auth and call.path.startswith("/auth/"))
        if self.path.startswith("^"):
            return re.search(self.path, call.path) is not None
        return call.path.startswith(self.path)


def parse_rules(switch: Switch, given: Any) -> tuple[Rule, ...]:
    """The rules in `given`: a value, ``value;times=2;...``, an object with ``value``, or a list of those."""
    if isinstance(given, list):
        return tuple(rule for item in given for rule in parse_rules(switch, item))
    if isinstance(given, Mapping):
        return (_rule(switch, given),)
    if isinstance(given, str) and ";" in given:
        value, *parts = given.split(";")
        scope = dict(part.partition("=")[::2] for part in parts if part.strip())
        return (_rule(switch, {"value": value, **{key.strip(): text.strip() for key, text in scope.items()}}),)
    return (Rule(switch.parse(given)),)


def _rule(switch: Switch, given: Mapping[str, Any]) -> Rule:
    unknown = [key for key in given if key not in _SCOPE]
    if unknown or "value" not in given:
        raise BadValueError(
            f"{switch.name} with a scope takes value, times, after, methods and path; "
            + (f"not {', '.join(map(repr, unknown))}." if unknown else "value is missing.")
        )
    scope = {_SCOPE[key]: value for key, value in given.items() if value is not None}
    methods = scope.get("methods", ())
    if isinstance(methods, str):
        methods = methods.split(",")
    path = scope.get("path")
    if path is not None:
        _check_path(switch, path)
    return Rule(
        value=switch.parse(scope["value"]),
        times=_count(switch, "times", scope.get("times")),
        after=_count(switch, "after", scope.get("after")) or 0,
        methods=tuple(str(method).strip().upper() for method in methods if str(method).strip()),
        path=path,
    )


def _check_path(switch: Switch, path: Any) -> None:
    if not isinstance(path, str) or not path.startswith(("/", "^")):
        raise BadValueError(
            f"{switch.name}: path is the beginning of a path, such as /sources, or a regular expression that "
            f"starts with ^; not {path!r}."
        )
    if path.startswith("^"):
        try:
            re.compile(path)
        except re.error as error:
            raise BadValueError(f"{switch.name}: path {path!r} is not a regular expression: {error}.") from error


def _count(switch: Switch, name: str, given: Any) -> int | None:
    if given is None:
        return None
    try:
        count = int(given)
    except (TypeError, ValueError):
        count = -1
    if count < 0 or isinstance(given, bool):
        raise BadValueError(f"{switch.name}: {name} is a whole number, 0 or more; not {given!r}.")
    return count


def parse_option(option: str) -> tuple[Switch, tuple[Rule, ...]]:
    """The fault and the rules of a command-line option ``name=value[;times=N][;method=POST][;path=/sources]``."""
    name, equals, value = option.partition("=")
    switch = find_switch(name)
    if not equals:
        raise BadValueError(f"--fault takes name=value; {switch.name} takes: {switch.values}.")
    return switch, parse_rules(switch, value)


class Faults:
    """The switches of one emulator. They are part of its state: a restart keeps them and their counts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = store.lock
        self._rules: dict[str, list[Rule]] = {}
        for name, rows in store.rules().items():
            if name in SWITCHES:
                self._rules[name] = [Rule(**{**row, "methods": tuple(row["methods"])}) for row in rows]

    def consult(self, name: str, call: Call) -> Value:
        """The switch's value for this request; counts the request where a rule has a scope."""
        switch = SWITCHES[name]
        with self._lock:
            for position, rule in enumerate(self._rules.get(name, ())):
                if not rule.fits(switch, call):
                    continue
                passed_over = rule.seen < rule.after
                used_up = rule.times is not None and rule.fired >= rule.times
                if used_up:
                    continue
                self._rules[name][position] = replace(
                    rule, seen=rule.seen + 1, fired=rule.fired + (0 if passed_over else 1)
                )
                if rule.scoped:
                    self._keep(name)
                if not passed_over:
                    return rule.value
        return switch.default

    def put(self, changes: Mapping[str, Any]) -> None:
        """Set faults by name; None restores a default. When one is wrong, nothing changes."""
        parsed = {
            switch.name: () if given is None else parse_rules(switch, given)
            for switch, given in ((find_switch(name), given) for name, given in changes.items())
        }
        self.replace(parsed)

    def replace(self, rules: Mapping[str, Iterable[Rule]]) -> None:
        """Set faults to parsed rules."""
        with self._lock:
            for name, entries in rules.items():
                self._rules[name] = list(entries)
                self._keep(name)

    def reset(self) -> None:
        """Restore every fault's default."""
        with self._lock:
            self.replace(dict.fromkeys(self._rules, ()))
            self._rules.clear()

    def describe(self) -> dict[str, dict[str, Any]]:
        """Every switch: its values, default, current rules with their counts, and what it does."""
        with self._lock:
            return {
                switch.name: {
                    "values": switch.values,
                    "default": switch.default,
                    "current": self._current(switch),
                    "rules": [asdict(rule) for rule in self._rules.get(switch.name, ())],
                    "doc": switch.doc,
                }
                for switch in SWITCHES.values()
            }

    def _current(self, switch: Switch) -> Any:
        rules = [rule for rule in self._rules.get(switch.name, ()) if rule.times is None or rule.fired < rule.times]
        return rules[0].value if rules else switch.default

    def _keep(self, name: str) -> None:
        self._store.keep_rules(name, [asdict(rule) for rule in self._rules.get(name, ())])
