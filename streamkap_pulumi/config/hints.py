"""Did you mean ...? What somebody probably meant by a name that is not known."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

_LONGEST_NAME = 200
"""A longer string is not a slip of a name."""

ALIASES: Mapping[str, tuple[str, ...]] = {
    "pg": ("postgresql",),
    "psql": ("postgresql",),
    "postgres": ("postgresql",),
    "maria": ("mariadb",),
    "mssql": ("sqlserveraws", "sqlserver"),
    "sqlserver": ("sqlserveraws",),
    "microsoftsqlserver": ("sqlserveraws", "sqlserver"),
    "mongo": ("mongodb",),
    "mongodbatlas": ("mongodb",),
    "docdb": ("documentdb",),
    "dynamo": ("dynamodb",),
    "ddb": ("dynamodb",),
    "oraclerds": ("oracleaws",),
    "ibmdb2": ("db2",),
    "elastic": ("elasticsearch",),
    "kafka": ("kafkadirect",),
    "sfdc": ("salesforce",),
    "adwords": ("google_ads",),
    "ga4": ("google_analytics",),
    "metaads": ("facebook_ads",),
    "facebook": ("facebook_ads",),
    "bq": ("bigquery",),
    "azure": ("azblob",),
    "azureblob": ("azblob",),
    "azureblobstorage": ("azblob",),
    "googlecloudstorage": ("gcs",),
    "cloudflare": ("r2",),
    "crdb": ("cockroachdb",),
    "http": ("httpsink",),
    "dbx": ("databricks",),
}
"""What people call a connector whose code is spelled otherwise, in plain letters. A product may have a code in each
catalogue."""


def near(written: str, known: Iterable[str], *, most: int = 1, cutoff: float) -> list[str]:
    """The names among `known` that are nearest to what was written; `cutoff` goes from 0, anything, to 1, the same."""
    if len(written) > _LONGEST_NAME:
        return []
    import difflib  # noqa: PLC0415 - a program without mistakes needs none of it

    return difflib.get_close_matches(written, list(known), n=most, cutoff=cutoff)


def suggest(name: str, known: Iterable[str]) -> str:
    """How a sentence about an unknown `name` ends: ``; did you mean 'config'?``, or with a full stop."""
    close = near(name, known, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else "."


def nearest_code(written: str, known: Collection[str]) -> str | None:
    """The code among `known` that was probably meant, by a common alias or by its letters."""
    alias = next((code for code in ALIASES.get(_letters(written), ()) if code in known), None)
    if alias:
        return alias
    by_letters = {_letters(code): code for code in known}
    close = near(_letters(written), by_letters, cutoff=0.6)
    return by_letters[close[0]] if close else None


def _letters(code: str) -> str:
    """A code whatever its case, blanks, dashes and underscores."""
    return re.sub(r"[\s._-]+", "", code).lower()
