"""The environment that keeps Pulumi to the demo: for its own runs, and for the user's shell."""

from __future__ import annotations

import os
import shlex
import urllib.parse

from scripts.demo.place import CLONE, DEMO

# These would take Pulumi to another Python or stack, or to another passphrase.
STRANGE = (
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_PYTHON_CMD",
    "PULUMI_RUNTIME_VIRTUALENV",
    "PULUMI_STACK",
    "PYTHONHOME",
)
# What must not go through a proxy: the emulator, and gRPC between Pulumi, the program and the provider.
LOCAL = "127.0.0.1,localhost"


def settings() -> dict[str, str]:
    """The environment that keeps Pulumi to this folder."""
    return {
        "PULUMI_BACKEND_URL": "file://" + urllib.parse.quote(str(DEMO / "state")),
        "PULUMI_CONFIG_PASSPHRASE": "demo",
        "PULUMI_HOME": str(DEMO / "pulumi-home"),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }


def without_proxy(known: str) -> str:
    """That value of NO_PROXY, with this machine added."""
    if known == "*" or f",{LOCAL}," in f",{known},":
        return known
    return f"{known},{LOCAL}" if known else LOCAL


def environment() -> dict[str, str]:
    """The whole environment that Pulumi gets here."""
    env = dict(os.environ)
    for name in STRANGE:
        env.pop(name, None)
    env.update(settings())
    # Some programs read the one, some the other: where only one is set, it holds for both.
    upper, lower = env.get("NO_PROXY", ""), env.get("no_proxy", "")
    env["NO_PROXY"] = without_proxy(upper or lower)
    env["no_proxy"] = without_proxy(lower or upper)
    folders = [str(CLONE / ".venv" / "bin"), str(CLONE / ".engine" / "bin"), env.get("PATH", os.defpath)]
    env["PATH"] = os.pathsep.join(folders)
    return env


def write_shell_settings() -> None:
    """The file that sets a shell up for the demo's stack."""
    quoted = [f"export {name}={shlex.quote(value)}" for name, value in settings().items()]
    bins = ":".join(shlex.quote(str(CLONE / folder / "bin")) for folder in (".venv", ".engine"))
    lines = [
        "# Sets a shell up for the demo's stack:  . .demo/env.sh",
        f"unset {' '.join(STRANGE)}",
        *quoted,
        'export NO_PROXY="${NO_PROXY:-${no_proxy:-}}"',
        'export no_proxy="${no_proxy:-$NO_PROXY}"',
        *(
            f'case ",${name}," in ",*," | *",{LOCAL},"*) ;; *) {name}="${{{name}:+${name},}}{LOCAL}" ;; esac'
            for name in ("NO_PROXY", "no_proxy")
        ),
        f'export PATH={bins}:"$PATH"',
    ]
    (DEMO / "env.sh").write_text("\n".join(lines) + "\n", encoding="utf-8")
