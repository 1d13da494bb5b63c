"""Streamkap's source connectors as code: a Pulumi provider in Python."""
