"""Authentication: credentials, access tokens, and the routes under ``/auth``.

Rests on the API's documentation of ``POST /auth/access-token``, ``POST /auth/access-token/refresh`` and
``GET /auth/whoami``. The messages of 401 and 403 are undocumented.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

import pydantic

from streamkap_pulumi.emulator import clock
from streamkap_pulumi.emulator.calls import Answer, Call, Identity, Problem
from streamkap_pulumi.emulator.validation import parse_body

if TYPE_CHECKING:
    from streamkap_pulumi.emulator.store import Store

_REFRESH_LIFETIME = 30 * 24 * 3600.0
_ROLES = [
    ("role-admin", "Admin", "All rights in the project"),
    ("role-data-admin", "Data Admin", "Sources, destinations, pipelines and transforms"),
    ("role-read-only", "Read Only", "Reads, and changes nothing"),
]


BUILT_IN = (
    Identity("demo-client", "demo-secret", "tenant-demo", "service-demo", "sub-demo"),
    Identity("other-client", "other-secret", "tenant-other", "service-other", "sub-other"),
    Identity("project-client", "project-secret", "tenant-demo", "service-project", "sub-demo"),
    Identity("reader-client", "reader-secret", "tenant-demo", "service-demo", "sub-demo", read_only=True),
)
"""The credentials that every emulator has."""


class _Login(pydantic.BaseModel):
    client_id: str
    secret: str


class _Refresh(pydantic.BaseModel):
    refresh_token: str


class Authentication:
    """The credentials and tokens of one emulator."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.transaction():
            known = store.credentials()
            for identity in BUILT_IN:
                if identity.client_id not in known:
                    self.add(identity)

    def add(self, identity: Identity) -> None:
        """Add a credential, or replace the one with the same client id."""
        self._store.keep_credential(identity.client_id, asdict(identity))

    def identities(self) -> list[Identity]:
        """All credentials."""
        return [Identity(**body) for body in self._store.credentials().values()]

    def new_identity(self, values: dict[str, Any]) -> Identity:
        """The credential that `values` describes; the rest is as for ``demo-client``."""
        names = {item.name for item in fields(Identity)}
        unknown = [name for name in values if name not in names]
        missing = [name for name in ("client_id", "secret") if not isinstance(values.get(name), str)]
        if unknown or missing:
            raise ValueError(
                f"A credential has {', '.join(sorted(names))}; "
                + (f"not {', '.join(unknown)}." if unknown else f"{' and '.join(missing)} must be a string.")
            )
        return replace(BUILT_IN[0], **values)

    def identify(self, call: Call) -> Identity:
        """The credential that the request's token belongs to; 401 when the token is missing, unknown or expired."""
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if call.on("unauthorized"):
            raise Problem(401, "Token has expired. Please re-authenticate.")
        found = self._store.token(token.strip(), refreshes=False) if scheme.lower() == "bearer" else None
        body = self._store.credentials().get(found[0]) if found else None
        if found is None or body is None:
            raise Problem(401, "Unauthorized: invalid or missing token")
        if found[1] <= clock.now():
            raise Problem(401, "Token has expired. Please re-authenticate.")
        identity = Identity(**body)
        tenant_id = call.headers.get("x-admin-tenant-id")
        if identity.admin and tenant_id:
            service_id = call.headers.get("x-admin-service-id", identity.service_id)
            return replace(identity, tenant_id=tenant_id, service_id=service_id)
        return identity

    def login(self, call: Call) -> Answer:
        """``POST /auth/access-token``."""
        login = parse_body(call, _Login)
        body = self._store.credentials().get(login.client_id)
        if body is None or not secrets.compare_digest(body["secret"].encode(), login.secret.encode()):
            raise Problem(401, "Invalid client credentials")
        return self._tokens(call, login.client_id)

    def refresh(self, call: Call) -> Answer:
        """``POST /auth/access-token/refresh``."""
        found = self._store.token(parse_body(call, _Refresh).refresh_token, refreshes=True)
        if found is None or found[1] <= clock.now():
            raise Problem(401, "Invalid refresh token")
        return self._tokens(call, found[0])

    def _tokens(self, call: Call, client_id: str) -> Answer:
        lifetime = call.number("token_ttl")
        access, refresh = secrets.token_urlsafe(48), secrets.token_urlsafe(48)
        now = clock.now()
        with self._store.transaction():
            self._store.keep_token(access, client_id, now + lifetime, refreshes=False)
            self._store.keep_token(refresh, client_id, now + _REFRESH_LIFETIME, refreshes=True)
        return Answer(
            {
                "accessToken": access,
                "refreshToken": refresh,
                "expires": clock.http_date(now + lifetime + call.number("clock_skew")),
                "expiresIn": int(lifetime) if lifetime == int(lifetime) else lifetime,
            }
        )

    def whoami(self, call: Call) -> Answer:
        """``GET /auth/whoami``."""
        identity = call.identity
        return Answer(
            {
                "tenant_id": identity.tenant_id,
                "service_id": identity.service_id,
                "sub": identity.client_id,
                "token_type": "tenantApiToken",
                "project_key_id": None,
            }
        )

    def roles(self, _call: Call) -> Answer:
        """``GET /auth/roles``: a bare array."""
        created = "2024-01-01T00:00:00.000Z"
        return Answer(
            [
                {
                    "id": role_id,
                    "key": name.replace(" ", ""),
                    "name": name,
                    "description": description,
                    "created_at": created,
                    "updated_at": created,
                    "permissions": [],
                }
                for role_id, name, description in _ROLES
            ]
        )
