"""The program's side: what a user declares, and how it becomes what the engine is given."""
