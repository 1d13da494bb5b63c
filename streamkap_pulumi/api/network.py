"""The network between here and the API: proxies, certificates, and errors for connections that fail.

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

_CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_BUSY_PROXY = re.compile(r"(429|5\d\d)\b")
"""What a proxy may answer to CONNECT while it, or its own network, is busy. The error's text begins with it."""


def certificate_variable() -> str | None:
    """The variable that names the certificate authorities to trust; None if none is set."""
    return next((name for name in _CERTIFICATE_VARIABLES if os.environ.get(name)), None)


def trusted_certificates() -> ssl.SSLContext:
    """Trusts the authorities that the `certificate_variable` names; without one, the public ones.

    Raises:
        SettingsError: the variable's file does not exist, or holds no certificate.
    """
    variable = certificate_variable()
    if variable is None:
        return httpx.create_ssl_context(trust_env=False)
    path = os.environ[variable]
    # There may be several folders, as in PATH.
    if any(Path(folder).is_dir() for folder in path.split(os.pathsep)):
        return ssl.create_default_context(capath=path)
    try:
        return ssl.create_default_context(cafile=path)
    except OSError as error:
        why = "does not exist" if isinstance(error, FileNotFoundError) else "holds no certificates that can be read"
        raise SettingsError(
            f"{variable} is {path!r}, which {why}. Set it to a file of certificates (PEM), or unset it",
            setting=variable,
        ) from None


def proxy_variable(url: str) -> str | None:
    """The variable that names the proxy for `url`; None if no proxy is used."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    return next((_variable(kind) for kind in (parts.scheme, "all") if proxies.get(kind)), None)


def has_credentials(variable: str) -> bool:
    """Whether the proxy URL in `variable` has credentials in it."""
    return any("@" in url for kind, url in getproxies().items() if _variable(kind) == variable)


def _variable(kind: str) -> str:
    return f"{kind.upper()}_PROXY"


class AnswerTooSlowError(httpx.ReadTimeout):
    """An answer came piece by piece, and was not complete after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the answer was not complete after {seconds:g} s")
        self.seconds = seconds


def connection_error(
    operation: str,
    error: httpx.HTTPError,
    settings: Settings,
    *,
    proxied: bool,
    clear: Callable[[str], str] = str,
) -> StreamkapError:
    """What httpx raised, as a `ConnectionFailedError` or a `NoAnswerError`.

    `clear` takes secrets out of what is quoted: a proxy's answer, and httpx's own words.
    """
    said = clear(str(error)) or type(error).__name__
    if isinstance(error, _NOT_SENT):
        proxy = proxy_variable(settings.host) if proxied else None
        return ConnectionFailedError(
            f"{operation}: no connection to {_target(error, settings, proxy)} "
            f"({_why_not_sent(error, said, settings, proxy)})",
            operation=operation,
            permanent=_is_permanent(error),
            remedy=_proxy_remedy(error, settings, proxy) if proxy else "",
        )
    return NoAnswerError(
        f"{operation}: no complete answer from {settings.host} ({_why_no_answer(error, said, settings)})",
        operation=operation,
    )


def _target(error: httpx.HTTPError, settings: Settings, proxy: str | None) -> str:
    """What could not be reached: Streamkap, with or without a proxy, or the proxy itself."""
    if proxy is None:
        return settings.host
    if _proxy_is_unreachable(error):
        return f"the proxy in {proxy}, on the way to {settings.host}"
    return f"{settings.host}, through the proxy in {proxy}"


def _proxy_is_unreachable(error: httpx.HTTPError) -> bool:
    """A proxy that can be reached answers, or lets the host's certificate through."""
    if isinstance(error, httpx.ConnectTimeout):
        return True
    return isinstance(error, httpx.ConnectError) and not any(isinstance(each, ssl.SSLError) for each in _causes(error))


def _proxy_remedy(error: httpx.HTTPError, settings: Settings, proxy: str) -> str:
    """What helps if the `proxy` is the reason, otherwise empty. Its URL is not shown: it may hold a password."""
    name = httpx.URL(settings.host).host
    direct = f"or, if {name} can be reached without it, add {name} to NO_PROXY"
    if _proxy_is_unreachable(error):
        return f"The proxy cannot be reached, not Streamkap: check {proxy}, {direct}."
    if not isinstance(error, httpx.ProxyError):
        return ""
    if str(error).startswith("407"):
        return proxy_credentials(proxy)
    if _BUSY_PROXY.match(str(error)):
        return f"The proxy cannot get through to {name} at the moment: run it again, {direct}."
    return f"The proxy refused the connection, not Streamkap: have {name} allowed there, {direct}."


def proxy_credentials(proxy: str) -> str:
    """What helps if the proxy in the variable `proxy` answers 407. The credentials are never shown."""
    if has_credentials(proxy):
        return (
            "The proxy refused the connection, not Streamkap: it does not accept the credentials in "
            f"{proxy}. Correct them; in a password, write @ as %40, : as %3A and / as %2F."
        )
    return (
        f"The proxy refused the connection, not Streamkap: it requires credentials. Put them in {proxy}, as in "
        "http://user:password@proxy.example.com:3128."
    )


def not_the_api(settings: Settings) -> str:
    """What helps if the host has no route for access tokens, which every Streamkap API has."""
    return (
        f"{settings.host} is most likely not the Streamkap API: check streamkap:host (or STREAMKAP_HOST). "
        f"The default is {DEFAULT_HOST}."
    )


def _is_permanent(error: httpx.HTTPError) -> bool:
    if isinstance(error, httpx.ProxyError):
        return _BUSY_PROXY.match(str(error)) is None
    never_sent = isinstance(error, (httpx.UnsupportedProtocol, httpx.LocalProtocolError))
    return never_sent or _tls_failed(error) or _name_does_not_exist(error)


def _why_not_sent(error: httpx.HTTPError, said: str, settings: Settings, proxy: str | None) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return f"timed out after {settings.timeouts.connect:g} s, set by {CONNECT_TIMEOUT.key}"
    if isinstance(error, httpx.PoolTimeout):
        return f"all connections were busy for {settings.timeouts.pool:g} s, set by {POOL_TIMEOUT.key}"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy refused: {said}"
    if isinstance(error, httpx.LocalProtocolError):
        return "the request is not valid HTTP"  # httpx quotes the invalid header: the token.
    return _why_not_reached(error, said, settings, proxy)


def _why_not_reached(error: httpx.HTTPError, said: str, settings: Settings, proxy: str | None) -> str:
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            name = "the proxy's name" if proxy else f"the name {httpx.URL(settings.host).host}"
            return f"{name} cannot be resolved: {cause.strerror or cause}"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens there: Connection refused"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"its certificate is not trusted: {cause.verify_message}; if a proxy or a certificate authority "
                "of your own is in between, name its certificate in SSL_CERT_FILE"
            )
    return said


def _why_no_answer(error: httpx.HTTPError, said: str, settings: Settings) -> str:
    if isinstance(error, AnswerTooSlowError):
        return f"not complete after {error.seconds:g} s, five times {READ_TIMEOUT.key}"
    if isinstance(error, httpx.ReadTimeout):
        return f"nothing came for {settings.timeouts.read:g} s, set by {READ_TIMEOUT.key}"
    if isinstance(error, httpx.WriteTimeout):
        return f"the request could not be sent for {settings.timeouts.read:g} s, set by {READ_TIMEOUT.key}"
    return said


def _tls_failed(error: Exception) -> bool:
    """The other side does not offer TLS that we accept. If it only closed the connection, the next try may succeed."""
    return any(isinstance(cause, ssl.SSLError) and not _is_closed(cause) for cause in _causes(error))


def _is_closed(error: ssl.SSLError) -> bool:
    return isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError))


def _name_does_not_exist(error: Exception) -> bool:
    """Rather than that it could not be resolved just now."""
    return any(isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
