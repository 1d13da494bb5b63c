"""What a stack's state holds of our sources, and how a source is brought into it; runs the `pulumi` program.

It imports neither Pulumi's SDK nor the command line: all that it knows of a stack, `pulumi` has told it.
"""
