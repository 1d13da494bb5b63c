"""What ``pulumi preview --json`` says about Streamkap's objects: read, judged, and reported in Markdown.

It needs neither Pulumi nor a network nor credentials: a preview that was written to a file is enough.
"""
