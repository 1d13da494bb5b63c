"""What is wrong with the words of a command line, in our own words and with the next step."""

from __future__ import annotations

from difflib import get_close_matches

from cyclopts import exceptions

PROGRAM = "streamkap"


def wrong_usage(error: exceptions.CycloptsError, commands: list[str]) -> str:
    """`error` in a sentence or two; `commands` are those that there are."""
    chain = [each for each in error.command_chain or () if each in commands]
    command = " ".join((PROGRAM, *chain))
    return f"{_sentence(error, command, commands)} See `{command} --help`."


def _sentence(error: exceptions.CycloptsError, command: str, commands: list[str]) -> str:
    if isinstance(error, exceptions.UnknownCommandError):
        return _unknown((error.unused_tokens or [""])[0], commands)
    if isinstance(error, exceptions.UnusedCliTokensError):
        words = error.unused_tokens or []
        return f"`{command}` does not take {' '.join(map(repr, words))}."
    if isinstance(error, exceptions.UnknownOptionError):
        option = error.token.keyword or error.token.value
        names = [name for argument in error.argument_collection for name in argument.names]
        return f"`{command}` has no option {option}{_near(option, names)}"
    if isinstance(error, exceptions.RepeatArgumentError):
        return f"{error.token.keyword} is given more than once: give it once."
    return _about_value(error, command) or " ".join(str(error).split())


def _about_value(error: exceptions.CycloptsError, command: str) -> str:
    """What is wrong with the value of one argument; empty where it is something else."""
    name = error.argument.names[0] if error.argument and error.argument.names else ""
    if not name:
        return ""
    if isinstance(error, exceptions.MissingArgumentError):
        return f"{name} needs a value." if name.startswith("-") else f"`{command}` needs {name}."
    if isinstance(error, exceptions.CoercionError):
        value = error.token.value if error.token else ""
        is_flag = error.target_type is bool
        return f"{name} does not take a value, here {value!r}." if is_flag else f"{name} cannot be {value!r}."
    return ""


def _unknown(word: str, commands: list[str]) -> str:
    if word.startswith("-"):
        return f"There is no option {word} without a command. The commands are {', '.join(commands)}."
    return f"There is no command {word!r}{_near(word, commands)} The commands are {', '.join(commands)}."


def _near(word: str, names: list[str]) -> str:
    near = get_close_matches(word, names, n=1)
    return f"; did you mean {near[0]}?" if near else "."
