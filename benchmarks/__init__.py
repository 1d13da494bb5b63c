"""What is measured, apart from what is tested."""
