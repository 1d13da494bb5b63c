"""The package as it is built, in environments of its own."""
