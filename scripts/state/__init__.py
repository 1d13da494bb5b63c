"""Records a stack's state as this version writes it, for the tests of all later versions."""
