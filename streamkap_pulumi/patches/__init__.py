"""Everything that touches private parts of Pulumi's SDK: in the program (`hook_server`), and in the provider host."""
