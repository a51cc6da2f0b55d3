"""Groups of options that several commands share, each read into one value."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

Command: TypeAlias = Callable[..., int]


def takes(**groups: Callable[..., object]) -> Callable[[Command], Command]:
    """Give a command the options of groups: what a group returns comes in under its name.

    A group is a function whose keyword arguments are options, as typer reads them.
    """

    def with_groups(command: Command) -> Command:
        shared = {name: _parameters(group) for name, group in groups.items()}

        def call(*words: Any, **given: Any) -> int:  # noqa: ANN401 - any command's
            read = {
                name: groups[name](**{one.name: given.pop(one.name) for one in options})
                for name, options in shared.items()
            }
            return command(*words, **given, **read)

        own = [one for one in _parameters(command) if one.name not in groups]
        every = [*own, *(one for options in shared.values() for one in options)]
        call.__name__, call.__doc__ = command.__name__, command.__doc__
        call.__annotations__ = {one.name: one.annotation for one in every}
        call.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
        return call

    return with_groups


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    return list(inspect.signature(function, eval_str=True).parameters.values())
