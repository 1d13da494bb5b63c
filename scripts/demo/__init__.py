"""The demo: the program at the top level, run by the real Pulumi against an emulator of Streamkap on this machine.

    python -m scripts.demo up       what `make demo` does; again and again, as often as one likes
    python -m scripts.demo down     what `make demo-down` does; --force drops everything without a destroy

All it makes is in .demo, but for the configuration of the stack, Pulumi.demo.yaml. Both are ignored by git. It needs
nothing but Python, so that a demo can be dropped where the environment is broken.
"""
