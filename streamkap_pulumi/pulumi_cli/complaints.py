"""What `pulumi` complains of, in one line, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

_LOCKED = ("currently locked by", "Another update is currently in progress")
_EMPTY = {"update failed", "preview failed"}

_HINTS: Mapping[str, str] = {
    "no Pulumi.yaml project file found": "Run it in the folder of the Pulumi project, or name it with --cwd.",
    "no stack selected": "Name the stack with --stack, or select it: pulumi stack select.",
    "no stack named": "`pulumi stack ls` lists the stacks.",
    "must be set for login": "Log in to the stack's backend: pulumi login.",
    "failed to load checkpoint: EOF": (
        "A run that was killed while it wrote the state has left an empty "
        "`.pulumi/stacks/<project>/<stack>.json.attrs` in the backend's folder: remove that file. The state beside it "
        "is whole."
    ),
    "incorrect passphrase": "Set PULUMI_CONFIG_PASSPHRASE to the stack's own.",
    "passphrase must be set": "Set PULUMI_CONFIG_PASSPHRASE to the stack's own.",
}


def is_locked(text: str) -> bool:
    """Whether another run holds the stack."""
    return any(sign in text for sign in _LOCKED)


def complaint(text: str) -> str:
    """What is wrong, of all that `pulumi` has written: its errors, else its last line; without a full stop."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = list(dict.fromkeys(line.removeprefix("error: ") for line in lines if line.startswith("error: ")))
    said = [line for line in said if line not in _EMPTY] or lines[-1:] or ["it said nothing"]
    return "; ".join(said).rstrip(".")


def hint(text: str) -> str:
    """What to do about it; empty where that is not known."""
    return next((hint for sign, hint in _HINTS.items() if sign in text), "")
