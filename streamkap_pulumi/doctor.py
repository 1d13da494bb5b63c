"""Checks of everything that `pulumi up` needs: this machine, the stack's settings, and Streamkap."""

from __future__ import annotations

import ast
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from streamkap_pulumi import api
from streamkap_pulumi.api import network
from streamkap_pulumi.api.settings import CONNECT_TIMEOUT, READ_TIMEOUT, is_loopback
from streamkap_pulumi.config.wording import joined
from streamkap_pulumi.kinds import KINDS
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.lifecycle.errors import next_step
from streamkap_pulumi.patches import hook_server, host
from streamkap_pulumi.pulumi_cli.program import INSTALL, PulumiError, ask, find, hint
from streamkap_pulumi.pulumi_cli.versions import OLDEST, OLDEST_TO_BRING_IN, TESTED, version_of, written


class Status(Enum):
    """The result of a check."""

    OK = "ok"
    WARN = "warn"
    """It works, with a limitation."""
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One thing that was checked."""

    name: str
    status: Status
    found: str
    """What was found, on one line, without a secret."""
    remedy: str = ""
    """What to do about it; empty where it is OK."""


def ok(name: str, found: str) -> Check:
    """It is OK."""
    return Check(name, Status.OK, found)


def warn(name: str, found: str, remedy: str) -> Check:
    """It works, with a limitation."""
    return Check(name, Status.WARN, found, remedy)


def fail(name: str, found: str, remedy: str) -> Check:
    """It is not OK."""
    return Check(name, Status.FAIL, found, remedy)


_INSTALL = f"Install it: {INSTALL}"
_CLONE = "Install it from a clone of its repository: pip install ."
_BESIDE = ("pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python")


def installation() -> Iterator[Check]:
    """Python, the packages, the engine, and the programs that run beside it."""
    yield _python()
    yield _sdk()
    engine = _engine()
    yield engine
    if find() is not None:
        yield _language_host()
    yield _python_on_path()


def _python() -> Check:
    # One that is too old cannot install the package.
    return ok("python", f"{platform.python_version()} in {sys.prefix}")


def _sdk() -> Check:
    try:
        installed, ours = version("pulumi"), version("streamkap-pulumi")
    except PackageNotFoundError as error:
        return fail("sdk", f"{error.name} is not installed here", _CLONE)
    what = f"pulumi {installed}, streamkap-pulumi {ours}"
    needed = next((each for each in requires("streamkap-pulumi") or () if re.match(r"pulumi[<>=]", each)), "")
    oldest = re.search(r">=([\d.]+)", needed)
    if oldest and _numbers(installed) < _numbers(oldest[1]):
        return fail("sdk", f"{what}: too old", f"pip install '{needed}'")
    return ok("sdk", what)


def _engine() -> Check:
    pulumi = find()
    if pulumi is None:
        return fail("engine", "there is no pulumi on PATH", _INSTALL)
    try:
        found = version_of(pulumi)
    except PulumiError as error:
        return fail("engine", f"{pulumi} does not run: {error}", _INSTALL)
    what = f"pulumi {written(found)} in {pulumi.parent}"
    if found < OLDEST:
        return fail("engine", what, f"Update it: resource hooks need {written(OLDEST)} or newer.")
    if found < OLDEST_TO_BRING_IN:
        needed = f"streamkap recover and streamkap adopt need {written(OLDEST_TO_BRING_IN)} or newer"
        return warn("engine", what, f"Update it: {needed}, and the tests run {written(TESTED)}.")
    if found < TESTED:
        return warn("engine", what, f"Update it if something goes wrong: the tests run {written(TESTED)}.")
    return ok("engine", what)


def _language_host() -> Check:
    missing = [name for name in _BESIDE if find(name) is None]
    if missing:
        what = f"there is no {' and no '.join(missing)} beside pulumi or on PATH"
        return fail("language host", what, f"They come with pulumi's own archive. {_INSTALL}")
    return ok("language host", "pulumi-language-python and pulumi-resource-pulumi-python are there")


def _python_on_path() -> Check:
    """The first Python on PATH runs a program without a `virtualenv` in its Pulumi.yaml."""
    name = "python3"
    found = shutil.which(name)
    if found is None:
        return fail("python on path", f"there is no {name} on PATH", "Activate your environment.")
    if Path(found).parent.resolve() != (Path(sys.prefix) / "bin").resolve() and sys.prefix != sys.base_prefix:
        return warn(
            "python on path",
            f"{found} is another Python than the one that runs this",
            "Activate your environment, or name it in Pulumi.yaml under runtime.options.virtualenv.",
        )
    return ok("python on path", found)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


_REPORT = "Everything works without it. Update streamkap-pulumi, or report the version of pulumi to us."


def tuning() -> Iterator[Check]:
    """Whether the private parts of Pulumi's SDK that we touch are as expected. Everything works without them."""
    with ThreadPoolExecutor(1) as pool:
        grows = pool.submit(host.raise_workers, 2).result()
    yield _check("workers", grows, f"{host.WORKERS} calls at a time", "4 calls at a time, whatever --parallel says")
    readable = _host_formats_with_traceback()
    yield _check("readable errors", readable, "errors are shown without a traceback", "errors are shown as tracebacks")
    hears = _host_answers_cancel_as_known()
    yield _check("Ctrl-C", hears, "ends what the provider waits for", "does not end what the provider waits for")
    hooks = hook_server.let_it_start()
    yield _check("hook server", hooks, "starts before it is stopped", "may hide why a program failed")
    if hasattr(os, "pidfd_open") and Path("/proc/self/stat").exists():
        yield ok("end with engine", "the provider ends with a killed engine")
    else:
        yield warn(
            "end with engine",
            "the provider outlives a killed engine until it has nothing more to do",
            "This is the case everywhere except on Linux. After a kill -9, wait a minute before the next `pulumi up`.",
        )


def _check(name: str, as_known: bool, good: str, bad: str) -> Check:
    return ok(name, good) if as_known else warn(name, bad, _REPORT)


def _host_formats_with_traceback() -> bool:
    """The host's main module, read and not run, formats errors with its own name `traceback`."""
    tree = _main_of_host()
    imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    used = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return "traceback" in imported and "traceback.format_exc" in used


def _host_answers_cancel_as_known() -> bool:
    """Its method `Cancel` answers with the module that it knows as `empty_pb2`."""
    functions = (node for node in ast.walk(_main_of_host()) if isinstance(node, ast.FunctionDef))
    cancel = next((node for node in functions if node.name == "Cancel"), None)
    return cancel is not None and any(
        isinstance(node, ast.Name) and node.id == host.ANSWERS for node in ast.walk(cancel)
    )


def _main_of_host() -> ast.Module:
    spec = find_spec("pulumi.dynamic.__main__")
    text = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
    return ast.parse(text)


_PREFIX = "streamkap:"
_NAME = "stack"


def stack_configuration(start: Path, stack: str | None) -> tuple[Check, dict[str, str]]:
    """The check of the stack, and its `streamkap:` settings, secrets in clear.

    A stack that cannot be read is a failure where it was named: the checks that follow would be about something else.
    """
    unread = fail if stack else warn
    folder, pulumi = _project_folder(start), find()
    if folder is None and stack:
        what = f"there is no Pulumi project in this folder or above it, so there is no stack {stack}"
        return fail(_NAME, what, "Run it in the project's folder, or omit --stack."), {}
    if folder is None:
        return ok(_NAME, "no Pulumi project in this folder; settings come from the environment"), {}
    if pulumi is None:
        return unread(_NAME, f"the project in {folder} cannot be read", "Install pulumi."), {}
    try:
        found = _configured(pulumi, folder, stack)
    except PulumiError as error:
        which = f"the configuration of {stack}" if stack else "its configuration"
        remedy = "Select a stack, log in to its backend, and set what decrypts its configuration."
        return unread(_NAME, f"{which} cannot be read: {error}", hint(str(error)) or remedy), {}
    which = f"{stack}, of the project in {folder}" if stack else f"of the project in {folder}"
    return ok(_NAME, f"{which}: {', '.join(sorted(found)) or 'no streamkap: setting'}"), found


def _project_folder(start: Path) -> Path | None:
    """The nearest folder with a Pulumi.yaml, from `start` upwards."""
    return next((folder for folder in (start, *start.parents) if _is_project(folder)), None)


def _configured(pulumi: Path, folder: Path, stack: str | None) -> dict[str, str]:
    """The stack's `streamkap:` settings, secrets in clear.

    Raises:
        PulumiError: no stack is selected, or its configuration cannot be read.
    """
    chosen = ["--stack", stack] if stack else []
    found: dict[str, str] = {}
    try:
        for key, entry in json.loads(ask(pulumi, ["config", "--json", *chosen], folder) or "{}").items():
            if key.startswith(_PREFIX):
                # Secrets are read one by one: the others are none of our business.
                secret = entry.get("secret")
                found[key] = ask(pulumi, ["config", "get", key, *chosen], folder) if secret else str(entry["value"])
    except (ValueError, AttributeError, KeyError, RecursionError):
        raise PulumiError("`pulumi config --json` did not print the expected JSON") from None
    return found


def _is_project(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("Pulumi.yaml", "Pulumi.yml"))


_WAYS = (
    "pulumi config set streamkap:clientId … and pulumi config set --secret streamkap:secret …, "
    "or STREAMKAP_CLIENT_ID and STREAMKAP_SECRET in the environment."
)
_CONNECT = 3.0
_READ = 10.0


def connection(configured: Mapping[str, str], *, offline: bool) -> Iterator[Check]:
    """The settings, from the stack first and the environment second; and Streamkap itself, unless `offline`."""
    try:
        settings = api.Settings.find(configured.get)
    except api.SettingsError as error:
        yield fail("settings", _first_line(error), _rest(error) or "Correct it.")
        return
    yield _host(settings)
    yield from _network(settings)
    credentials = _credentials(settings, configured, offline=offline)
    yield credentials
    if not offline and settings.client_id and settings.secret:
        yield from _streamkap(settings)


def _host(settings: api.Settings) -> Check:
    if urlsplit(settings.host).scheme == "https":
        return ok("host", settings.host)
    if is_loopback(settings.host):
        return ok("host", f"{settings.host}, on this machine")
    return warn("host", f"{settings.host}, without https, as allowed", "Write https:// unless the network is safe.")


def _network(settings: api.Settings) -> Iterator[Check]:
    proxy = network.proxy_variable(settings.host)
    yield ok("proxy", f"the one in {proxy}" if proxy else "none")
    named = network.certificate_variable()
    try:
        network.trusted_certificates()
    except api.SettingsError as error:
        yield fail("certificates", _first_line(error), f"Correct or unset {error.setting}.")
    else:
        yield ok("certificates", f"the authorities in {named}" if named else "the public authorities")


def _credentials(settings: api.Settings, configured: Mapping[str, str], *, offline: bool) -> Check:
    needed = {"streamkap:clientId": settings.client_id, "streamkap:secret": settings.secret}
    missing = [key for key, value in needed.items() if not value]
    if missing:
        what = f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} missing"
        if offline:
            return warn("credentials", what, f"A preview needs none; the rest does. {_WAYS}")
        return fail("credentials", what, f"{_WAYS} With --offline they may be missing: a preview needs none.")
    places = {"the stack's configuration" if configured.get(key) else "the environment" for key in needed}
    variables = ("STREAMKAP_CLIENT_ID", "STREAMKAP_SECRET")
    hidden = [name for key, name in zip(needed, variables, strict=True) if configured.get(key) and os.environ.get(name)]
    if hidden:
        what = f"in the stack's configuration, which takes precedence over {' and '.join(hidden)}"
        return warn("credentials", what, "Keep them in one place.")
    return ok("credentials", f"in {' and '.join(sorted(places))}")


def _streamkap(settings: api.Settings) -> Iterator[Check]:
    """One token, its account, and one small read of each kind of object; nothing is changed."""
    step = "token"
    try:
        with api.Streamkap.from_settings(_impatient(settings)) as streamkap:
            streamkap.authenticate()
            step = "read"
            yield ok("token", _account(streamkap))
            yield _reads(streamkap)
    except api.StreamkapError as error:
        yield fail(step, _reason(error, settings), next_step(error, settings.host, reads_only=True) or _rest(error))


def _impatient(settings: api.Settings) -> api.Settings:
    """The same within seconds, since somebody waits for it. Shorter limits stay."""
    timeouts, retries = settings.timeouts, settings.retries
    return replace(
        settings,
        timeouts=api.Timeouts(
            connect=min(timeouts.connect, _CONNECT), read=min(timeouts.read, _READ), pool=timeouts.pool
        ),
        retries=api.Retries(count=min(retries.count, 1), seconds=min(retries.seconds, _READ)),
    )


def _reason(error: Exception, settings: api.Settings) -> str:
    """Its first line, which names a setting only where that is the limit, and not a shorter one of this check."""
    text, timeouts = _first_line(error), settings.timeouts
    shortened = {CONNECT_TIMEOUT.key: timeouts.connect > _CONNECT, READ_TIMEOUT.key: timeouts.read > _READ}
    for key in (key for key, is_shortened in shortened.items() if is_shortened):
        for words in ("set by", "five times"):
            text = text.replace(f"{words} {key}", "the limit of this check")
    return text


def _account(streamkap: api.Streamkap) -> str:
    try:
        who = streamkap.whoami()
    except api.NotFoundError:
        return f"given, and {streamkap.host} does not say which account it belongs to"
    return f"tenant {who.tenant_id or 'unknown'}, project {who.service_id or 'unknown'}"


_NOBODYS = "streamkap doctor reads this name"
"""No object has it, so that what is read is small."""


def _reads(streamkap: api.Streamkap) -> Check:
    """Which kinds of objects the credentials may read. A program needs only those that it declares."""
    refusals = {kind.plural: _refusal(kind, streamkap) for kind in KINDS}
    readable = [plural for plural, error in refusals.items() if error is None]
    denied = {plural: error for plural, error in refusals.items() if error is not None}
    if not denied:
        return ok("read", f"{joined(readable)} can be read")
    refused = joined([*denied])
    what = f"{refused} cannot be read ({joined([f'{each.operation} answered 403' for each in denied.values()])})"
    remedy = f"Programs that declare {refused} need that permission: add it to the role of the API token in Streamkap."
    if not readable:
        return fail("read", what, remedy)
    return warn("read", f"{joined(readable)} can be read, but {what}", remedy)


def _refusal(kind: Kind, streamkap: api.Streamkap) -> api.PermissionDeniedError | None:
    try:
        next(iter(kind.client(streamkap).named(_NOBODYS)), None)
    except api.PermissionDeniedError as error:
        return error
    return None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _rest(error: Exception) -> str:
    return " ".join(str(error).split("\n", 1)[1].split()) if "\n" in str(error) else ""
