"""The typed classes."""
