"""What a stack's state holds of our objects, and how an object that exists is brought into it.

It imports neither Pulumi's SDK nor the command line: everything that it knows of a stack comes from `pulumi`.
"""
