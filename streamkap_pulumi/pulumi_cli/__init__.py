"""The program `pulumi`: finding it, running it, ending it in order, its versions and its vocabulary.

Nothing here imports Pulumi's SDK.
"""
