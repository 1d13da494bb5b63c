"""What ``pulumi preview --json`` says about sources: read, judged, and told in Markdown.

It needs neither Pulumi nor a network nor credentials: a preview that was written to a file is enough.
"""
