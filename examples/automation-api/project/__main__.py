"""The stack of one tenant as the service makes it, for commands by hand and for services that run projects."""

import sys
from pathlib import Path

import pulumi

SERVICE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SERVICE))

from tenants import TenantsError, database_password, read_tenants  # noqa: E402 - the line above finds it

try:
    (tenant,) = read_tenants(SERVICE / "tenants.yaml", [pulumi.get_stack()])
    tenant.program(database_password())
except TenantsError as error:
    raise pulumi.RunError(str(error)) from None
