"""What the environment says of the network: proxies, and the certificate authorities to trust.

``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` are heeded by httpx itself. Of the variables for
certificates it knows two; the other two are those of requests and curl, which company networks set as often.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from streamkap_pulumi.api.errors import SettingsError

_AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


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
