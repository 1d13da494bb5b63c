"""The network between here and the API: proxies, certificates, and what a failed connection means.

httpx itself reads ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``. It knows only two of the variables
that name certificates. Company networks set those of requests and curl just as often.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from streamkap_pulumi.api.errors import ConnectionFailedError, NoAnswerError, SettingsError, StreamkapError
from streamkap_pulumi.api.settings import CONNECT_TIMEOUT, DEFAULT_HOST, POOL_TIMEOUT, READ_TIMEOUT, Settings

_AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_NEVER_BETTER = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
_PASSING_OF_A_PROXY = re.compile(r"(429|5\d\d)\b")
"""What a proxy may answer to CONNECT while it is busy, or its way out is; the error begins with it."""


def authorities_variable() -> str | None:
    """The variable that names the authorities to trust; None where none is set."""
    return next((name for name in _AUTHORITIES if os.environ.get(name)), None)


def trusted() -> ssl.SSLContext:
    """Trusts the authorities in the file or folder that the first of the usual variables names; else the public ones.

    Raises:
        SettingsError: what the variable names is not there, or holds no certificate.
    """
    variable = authorities_variable()
    if variable is None:
        return httpx.create_ssl_context(trust_env=False)
    place = os.environ[variable]
    # A folder may be several, as in PATH.
    if any(Path(folder).is_dir() for folder in place.split(os.pathsep)):
        return ssl.create_default_context(capath=place)
    try:
        return ssl.create_default_context(cafile=place)
    except OSError as error:
        why = "is not there" if isinstance(error, FileNotFoundError) else "holds no certificates that can be read"
        raise SettingsError(
            f"{variable} is {place!r}, which {why}. Let it name a file of certificates (PEM), or unset it",
            setting=variable,
        ) from None


def proxy_variable(url: str) -> str | None:
    """The variable that names the proxy on the way to `url`; None where there is none."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    named = getproxies()
    return next((_variable(kind) for kind in (parts.scheme, "all") if named.get(kind)), None)


def has_credentials(variable: str) -> bool:
    """Whether the URL of the proxy that a `proxy_variable` names has credentials in it."""
    return any("@" in named for kind, named in getproxies().items() if _variable(kind) == variable)


def _variable(kind: str) -> str:
    return f"{kind.upper()}_PROXY"


class AnswerTooSlowError(httpx.ReadTimeout):
    """An answer came piece by piece, and was not through after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"it was not through after {seconds:g} s")
        self.seconds = seconds


def failure(
    operation: str,
    error: httpx.HTTPError,
    settings: Settings,
    *,
    proxied: bool,
    clear: Callable[[str], str] = str,
) -> StreamkapError:
    """The error that stands for `error`: `ConnectionFailedError` or `NoAnswerError`.

    `clear` takes secrets out of what is quoted: a proxy's answer, and the words of httpx.
    """
    said = clear(str(error)) or type(error).__name__
    if isinstance(error, _NOT_SENT):
        proxy = proxy_variable(settings.host) if proxied else None
        return ConnectionFailedError(
            f"{operation}: no connection to {_what(error, settings, proxy)} "
            f"({_why_not_sent(error, said, settings, proxy)})",
            operation=operation,
            permanent=_is_for_good(error),
            remedy=_remedy(error, settings, proxy) if proxy else "",
        )
    return NoAnswerError(
        f"{operation}: {settings.host} gave no whole answer ({_why_no_answer(error, said, settings)})",
        operation=operation,
    )


def _what(error: httpx.HTTPError, settings: Settings, proxy: str | None) -> str:
    """The other side: Streamkap, behind a proxy or not, or the proxy itself."""
    if proxy is None:
        return settings.host
    if _stops_at_proxy(error):
        return f"the proxy that {proxy} names, on the way to {settings.host}"
    return f"{settings.host}, through the proxy that {proxy} names"


def _stops_at_proxy(error: httpx.HTTPError) -> bool:
    """There is no connection to the proxy: with one, it would have answered, or the host's certificate been seen."""
    if isinstance(error, httpx.ConnectTimeout):
        return True
    return isinstance(error, httpx.ConnectError) and not any(isinstance(each, ssl.SSLError) for each in _causes(error))


def _remedy(error: httpx.HTTPError, settings: Settings, proxy: str) -> str:
    """What helps where the `proxy` is in the way; empty where it is not known to be. Its URL may hold a password."""
    name = httpx.URL(settings.host).host
    direct = f"or, if {name} can be reached without it, add {name} to NO_PROXY"
    if _stops_at_proxy(error):
        return f"It is the proxy that cannot be reached, and not Streamkap: check {proxy}, {direct}."
    if not isinstance(error, httpx.ProxyError):
        return ""
    if str(error).startswith("407"):
        return proxy_credentials(proxy)
    if _PASSING_OF_A_PROXY.match(str(error)):
        return f"It is the proxy that cannot get through to {name} at the moment: run it again, {direct}."
    return f"It is the proxy that refuses, and not Streamkap: have {name} allowed there, {direct}."


def proxy_credentials(proxy: str) -> str:
    """What helps where the proxy that the variable `proxy` names answers 407. The credentials are never shown."""
    if has_credentials(proxy):
        return (
            "It is the proxy that refuses, and not Streamkap: it does not accept the credentials in "
            f"{proxy}. Correct them; in a password, write @ as %40, : as %3A and / as %2F."
        )
    return (
        f"It is the proxy that refuses, and not Streamkap: it wants credentials. Put them into {proxy}, like "
        "http://user:password@proxy.example.com:3128."
    )


def no_api(settings: Settings) -> str:
    """What helps where the host has no route for access tokens, which every Streamkap API has."""
    return (
        f"{settings.host} is most likely not the Streamkap API: check streamkap:host (or STREAMKAP_HOST). "
        f"The default is {DEFAULT_HOST}."
    )


def _is_for_good(error: httpx.HTTPError) -> bool:
    if isinstance(error, httpx.ProxyError):
        return _PASSING_OF_A_PROXY.match(str(error)) is None
    return isinstance(error, _NEVER_BETTER) or _refused_certificate(error) or _unknown_name(error)


def _why_not_sent(error: httpx.HTTPError, said: str, settings: Settings, proxy: str | None) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return f"none came about within {settings.timeouts.connect:g} s, set by {CONNECT_TIMEOUT.key}"
    if isinstance(error, httpx.PoolTimeout):
        return f"all connections were busy for {settings.timeouts.pool:g} s, set by {POOL_TIMEOUT.key}"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy refused: {said}"
    if isinstance(error, httpx.LocalProtocolError):
        return "the request is no valid HTTP"  # httpx quotes the header that is at fault: the token.
    return _why_not_reached(error, said, settings, proxy)


def _why_not_reached(error: httpx.HTTPError, said: str, settings: Settings, proxy: str | None) -> str:
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            whose = "the proxy's name" if proxy else f"the name {httpx.URL(settings.host).host}"
            return f"{whose} cannot be resolved: {cause.strerror or cause}"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens there: Connection refused"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"its certificate is not trusted: {cause.verify_message}; where a proxy or a certificate authority "
                "of your own is in between, name its certificate in SSL_CERT_FILE"
            )
    return said


def _why_no_answer(error: httpx.HTTPError, said: str, settings: Settings) -> str:
    if isinstance(error, AnswerTooSlowError):
        return f"it was not through after {error.seconds:g} s, which {READ_TIMEOUT.key} times five allows"
    if isinstance(error, httpx.ReadTimeout):
        return f"nothing came for {settings.timeouts.read:g} s, set by {READ_TIMEOUT.key}"
    if isinstance(error, httpx.WriteTimeout):
        return f"nothing was taken for {settings.timeouts.read:g} s, set by {READ_TIMEOUT.key}"
    return said


def _refused_certificate(error: Exception) -> bool:
    """The other side speaks no TLS that we accept; one that only breaks off may be better the next time."""
    return any(isinstance(cause, ssl.SSLError) and not _broken_off(cause) for cause in _causes(error))


def _broken_off(error: ssl.SSLError) -> bool:
    return isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError))


def _unknown_name(error: Exception) -> bool:
    """A name that does not exist, other than one that could not be looked up just now."""
    return any(isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
