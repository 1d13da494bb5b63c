"""Pulumi's engine as the program `pulumi`: found, run, ended in order, and what its words mean.

It knows neither Pulumi's SDK nor anything of Streamkap but what a source is called in a state.
"""
