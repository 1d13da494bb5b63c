"""How this repository gets Pulumi's engine, and the virtual environment beside it.

``make engine`` runs ``python3 -m tools.engine`` and ``make setup`` runs ``python3 -m tools.engine.environment`` first.
Both need nothing but Python 3.10. See README.md in this folder.
"""
