"""What this repository runs before anything is installed."""
