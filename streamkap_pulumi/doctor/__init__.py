"""Looks whether this machine has what `pulumi up` needs, and says what to do about each thing that it has not."""
