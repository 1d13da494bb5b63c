"""Writes the bundled catalogue, the typed classes and the reference documentation. `make catalog` runs it."""
