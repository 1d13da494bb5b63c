"""The settings, the way to Streamkap, and Streamkap itself."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from streamkap_pulumi import api
from streamkap_pulumi.api import network
from streamkap_pulumi.api.settings import is_loopback
from streamkap_pulumi.doctor.checks import Check, fail, ok, warn

_WAYS = (
    "pulumi config set streamkap:clientId … and pulumi config set --secret streamkap:secret …, "
    "or STREAMKAP_CLIENT_ID and STREAMKAP_SECRET in the environment."
)
_CONNECT = 3.0
_READ = 10.0


def connection(configured: Mapping[str, str], *, offline: bool) -> Iterator[Check]:
    """Look at the settings, of the stack first and of the environment second, and ask Streamkap unless `offline`."""
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
        yield from _asked(settings)


def _host(settings: api.Settings) -> Check:
    if urlsplit(settings.host).scheme == "https":
        return ok("host", settings.host)
    if is_loopback(settings.host):
        return ok("host", f"{settings.host}, on this machine")
    return warn("host", f"{settings.host}, without https, as allowed", "Write it with https:// unless the way is safe.")


def _network(settings: api.Settings) -> Iterator[Check]:
    proxy = network.proxy_variable(settings.host)
    yield ok("proxy", f"the one of {proxy}" if proxy else "none on the way to the host")
    named = network.certificate_variable()
    try:
        network.trusted_certificates()
    except api.SettingsError as error:
        yield fail("certificates", _first_line(error), f"Correct or unset {error.setting}.")
    else:
        yield ok("certificates", f"the authorities of {named}" if named else "the public authorities")


def _credentials(settings: api.Settings, configured: Mapping[str, str], *, offline: bool) -> Check:
    needed = {"streamkap:clientId": settings.client_id, "streamkap:secret": settings.secret}
    missing = [key for key, value in needed.items() if not value]
    if missing:
        told = f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} missing"
        if offline:
            return warn("credentials", told, f"A preview needs none; the rest does. {_WAYS}")
        return fail("credentials", told, f"{_WAYS} With --offline they are not asked for: a preview needs none.")
    places = {"the stack's configuration" if configured.get(key) else "the environment" for key in needed}
    variables = ("STREAMKAP_CLIENT_ID", "STREAMKAP_SECRET")
    hidden = [name for key, name in zip(needed, variables, strict=True) if configured.get(key) and os.environ.get(name)]
    if hidden:
        told = f"in the stack's configuration, which goes before {' and '.join(hidden)}"
        return warn("credentials", told, "Keep them in one place.")
    return ok("credentials", f"in {' and '.join(sorted(places))}")


def _asked(settings: api.Settings) -> Iterator[Check]:
    """One token and two reads (whose it is, and a source); nothing is changed."""
    looked_at = "token"
    try:
        with api.Streamkap.from_settings(_impatient(settings)) as streamkap:
            streamkap.authenticate()
            looked_at = "read"
            yield ok("token", _whose(streamkap))
            yield ok("read", f"{_sources(streamkap)} (GET /sources)")
    except api.StreamkapError as error:
        yield fail(looked_at, _first_line(error), _remedy(error))


def _remedy(error: api.StreamkapError) -> str:
    if error.remedy:
        return error.remedy
    if isinstance(error, api.AuthenticationError):
        return "Check client id and secret, and that they belong to this host."
    if isinstance(error, api.PermissionDeniedError):
        return "Let the token read sources: its rights are set in Streamkap's web page."
    if isinstance(error, (api.ConnectionFailedError, api.NoAnswerError)):
        return "Check streamkap:host, the network, and the proxy."
    return _rest(error) or "Try again; if it stays, ask Streamkap's support."


def _impatient(settings: api.Settings) -> api.Settings:
    """The same within seconds: whoever looks at a machine sits before it. What is set to less stays."""
    timeouts, retries = settings.timeouts, settings.retries
    return replace(
        settings,
        timeouts=api.Timeouts(
            connect=min(timeouts.connect, _CONNECT), read=min(timeouts.read, _READ), pool=timeouts.pool
        ),
        retries=api.Retries(count=min(retries.count, 1), seconds=min(retries.seconds, _READ)),
    )


def _whose(streamkap: api.Streamkap) -> str:
    try:
        who = streamkap.whoami()
    except api.NotFoundError:
        return f"given, and {streamkap.host} does not tell whose it is"
    return f"tenant {who.tenant_id or 'unknown'}, project {who.service_id or 'unknown'}"


def _sources(streamkap: api.Streamkap) -> str:
    page = streamkap.sources.list(page_size=1)
    return "no source yet" if not page.result else "sources can be read"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _rest(error: Exception) -> str:
    return " ".join(str(error).split("\n", 1)[1].split()) if "\n" in str(error) else ""
