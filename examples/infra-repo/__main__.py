"""Everything that this team has in Streamkap: the rows of sources.yaml."""

from pathlib import Path

import pulumi
from component import Sources
from table import TableError, read_table

try:
    table = read_table(Path(__file__).parent / "sources.yaml")
except TableError as error:
    raise pulumi.RunError(f"sources.yaml:\n{error}") from None

protect = pulumi.Config().require_bool("protect")  # A new stack has to say so: left out, nothing would be protected.
team = Sources("sources", table, pulumi.ResourceOptions(protect=protect))

pulumi.export(
    "sources",
    {
        name: {"id": source.id, "status": source.status, "topics": source.topics}
        for name, source in team.sources.items()
    },
)
