"""Everything that uses private parts of Pulumi's SDK: in the program (`hook_server`) and in the provider host (`host`).

Each patch checks first that the private part is as expected, and otherwise leaves it alone.
"""
