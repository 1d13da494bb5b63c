"""The kinds of objects that Streamkap has, each declared once: what it is called, and its fields."""
