"""Put the five programs of Pulumi's engine into ``.engine/bin``, by the first way that works here."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.engine import cache, gobuild, official
from tools.engine.installed import installed
from tools.engine.pins import ENGINE_VERSION, OLDEST_ENGINE, PROGRAMS, REPOSITORY, built_key, official_key
from tools.engine.terminal import UnavailableError, say, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

WAYS = ("path", "official", "built")
HOW = {
    "path": "the one installed on this machine",
    "official": "from Pulumi's official installer",
    "built": "built from source",
}
RECORD = "engine.json"


def stamp_of(program: Path) -> list[int]:
    """What changes when a program is replaced."""
    seen = program.stat()
    return [seen.st_size, seen.st_mtime_ns]


def current(folder: Path, ways: Sequence[str]) -> dict[str, Any] | None:
    """What is recorded of an engine that is in place and untouched; None if there is anything to do."""
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        good = (
            record["way"] in ways
            and record["pin"] == built_key()
            and all(
                str((folder / "bin" / name).readlink()) == record["programs"][name]["path"]
                and os.access(folder / "bin" / name, os.X_OK)
                and stamp_of(folder / "bin" / name) == record["programs"][name]["stamp"]
                for name in PROGRAMS
            )
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if good else None


def link(folder: Path, programs: dict[str, Path], facts: dict[str, Any]) -> None:
    """Point ``bin`` at these programs, and record where they came from."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(parents=True, exist_ok=True)
    for name, program in programs.items():
        new = bin_folder / f".{name}.new"
        new.unlink(missing_ok=True)
        new.symlink_to(program)
        new.replace(bin_folder / name)
    record = {
        **facts,
        "pin": built_key(),
        "linked": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "programs": {name: {"path": str(program), "stamp": stamp_of(program)} for name, program in programs.items()},
    }
    new = folder / f"{RECORD}.new"
    new.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    new.replace(folder / RECORD)


def from_cache(ways: Sequence[str]) -> tuple[Path, dict[str, Any]] | None:
    """The folder of an engine that an earlier run, of this clone or another, has left."""
    for way, key in (("official", official_key()), ("built", built_key())):
        folder = cache.root() / key
        if way in ways and folder.exists():
            facts = cache.intact(folder)
            if facts is not None:
                return folder, facts
            say(f"engine: {shown(folder)} is damaged: creating it again")
    return None


def obtained(ways: Sequence[str]) -> tuple[Path, dict[str, Any]] | None:
    """The folder of an engine that is built now, or was built by someone else while we waited."""
    with cache.locked():
        there = from_cache(ways)
        if there is not None:
            return there
        makers = (("official", official_key(), official.install), ("built", built_key(), gobuild.build))
        for way, key, make in makers:
            if way not in ways:
                continue
            folder = cache.root() / key
            log = cache.root() / f"{key}.log"
            log.unlink(missing_ok=True)
            try:
                with cache.staging(folder) as staged:
                    facts = make(staged, log)
                    cache.publish(staged, folder, facts)
            except UnavailableError as error:
                what = "the official installer" if way == "official" else "the build from source"
                say(f"engine: {what} does not work here: {error}")
                continue
            return folder, facts
    return None


def tell_what_to_install() -> None:
    """The three lines for whoever has to do it by hand."""
    oldest = ".".join(map(str, OLDEST_ENGINE))
    print("No Pulumi engine can be had here. Install one of these two, then run `make engine` again:", file=sys.stderr)
    print(f"  Pulumi {oldest} or newer, on PATH: https://www.pulumi.com/docs/install/", file=sys.stderr)
    print(
        f"  Go {gobuild.oldest_go()} or newer, on PATH, with access to Go modules: https://go.dev/doc/install",
        file=sys.stderr,
    )


def install(folder: Path, ways: Sequence[str]) -> bool:
    """Do it; false where no way works."""
    if (record := current(folder, ways)) is not None:
        say(f"engine: Pulumi {record['version']} is in {shown(folder / 'bin')} ({HOW[record['way']]})")
        return True
    if "path" in ways and (found := installed(folder / "bin")) is not None:
        version, programs = found
        link(folder, programs, {"way": "path", "version": version, "language_host": version})
    else:
        made = from_cache(ways) or obtained(ways)
        if made is None:
            return False
        home, facts = made
        kept = {name: facts[name] for name in facts if name != "sha256"}
        link(folder, {name: home / "bin" / name for name in PROGRAMS}, kept)
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    where = shown(Path(record["programs"]["pulumi"]["path"]).parent)
    say(f"engine: Pulumi {record['version']}, {HOW[record['way']]}, in {where}; linked in {shown(folder / 'bin')}")
    return True


def chosen(text: str) -> list[str]:
    """The ways that someone asked for, in our order."""
    asked = {word.strip() for word in text.split(",") if word.strip()}
    if not asked or asked - set(WAYS):
        raise argparse.ArgumentTypeError(f"{text!r}: take one or more of {', '.join(WAYS)}")
    return [way for way in WAYS if way in asked]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit code is 1 where no way works."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.engine", description=f"Get Pulumi's engine ({ENGINE_VERSION}) into .engine/bin."
    )
    parser.add_argument("--into", type=Path, default=REPOSITORY / ".engine", help="the folder to fill (.engine)")
    parser.add_argument(
        "--ways",
        type=chosen,
        default=os.environ.get("STREAMKAP_PULUMI_ENGINE_WAYS") or ",".join(WAYS),
        help=f"which ways to try, of {','.join(WAYS)} (all; or STREAMKAP_PULUMI_ENGINE_WAYS)",
    )
    asked = parser.parse_args(arguments)
    try:
        if install(asked.into.absolute(), asked.ways):
            return 0
    except KeyboardInterrupt:
        say("engine: stopped; what was compiled so far is kept, and the next run goes on from there")
        return 130
    except OSError as error:
        say(f"engine: {error}")
    tell_what_to_install()
    return 1
