"""The program: its commands put together, and every error turned into one line and a code."""

from __future__ import annotations

import inspect
import os
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated

import typer
from typer.main import get_command

from . import failures
from .commands import (
    control,
    looking,
    replanning,
    revisions,
    running,
    stops,
    store,
    travelling,
    workflows,
)
from .screen.terminal import prepare_streams
from .streams import unfailing

HELP = """Carry out plans and remember everything, in one file.

A plan is steps with dependencies. Every change of a plan or a step is an event in the store, \
and all that is shown here is read from those events.

Begin with: milepost run FILE, then milepost show last, milepost timeline last.

Exit codes: 0 done, 1 failed, 2 refused (nothing was stored), 3 paused and waiting for a person, \
4 out of time.
"""


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        store.version()
        raise typer.Exit


def application() -> typer.Typer:
    """Return the program with all its commands."""
    app = typer.Typer(
        name="milepost",
        help=HELP,
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback()(_root)
    for group in (
        running,
        looking,
        control,
        revisions,
        replanning,
        travelling,
        stops,
        workflows,
        store,
    ):
        group.register(app)
    _reflow_help(app)
    return app


@cache
def _command() -> Callable[..., object]:
    return get_command(application())


def _reflow_help(app: typer.Typer) -> None:
    """Make each paragraph of the commands' help one line: rich would break it where it was."""
    for command in app.registered_commands:
        paragraphs = inspect.cleandoc(command.callback.__doc__ or "").split("\n\n")
        command.help = "\n\n".join(" ".join(lines.split()) for lines in paragraphs)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            _reflow_help(group.typer_instance)


def run_program(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code, as `HELP` and `failures` have them."""
    with unfailing() as answers:
        prepare_streams()
        code = _carry_out(arguments)
        answers.flush()
        return code if answers.problem is None else failures.untold(code, answers.problem)


def _carry_out(arguments: Sequence[str] | None) -> int:
    """Carry out one command; every error becomes one line and a code."""
    try:
        code = _command()(
            args=None if arguments is None else list(arguments),
            prog_name="milepost",
            standalone_mode=False,
        )
    except typer.TyperException as error:
        if error.format_message():  # it is empty where the help was shown instead
            failures.tell(_usage(error, sys.argv[1:] if arguments is None else arguments))
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        failures.tell("interrupted")
        return failures.INTERRUPTED
    except Exception as error:
        known = failures.milepost_error(error)
        if known is None:
            raise
        failures.tell(str(known))
        return known.exit_code
    return code if isinstance(code, int) else 0


def leave(code: int) -> None:
    """End the process at once after Ctrl-C, and where calls of tools go on that nothing can stop.

    Python itself would wait for their threads. The store is closed by now.
    """
    if code == failures.INTERRUPTED or _tools_are_busy():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tools_are_busy() -> bool:
    if threading.active_count() == 1:
        return False
    from milepost.adapters.tools.threads import are_busy

    return are_busy()


def _root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Take the options of the program as a whole."""


def _usage(error: typer.TyperException, words: Sequence[str]) -> str:
    """Return what is wrong with the words of a command, and where its help is."""
    context = getattr(error, "ctx", None)
    named = " ".join(["milepost", *words[:1]])  # an option that lacks its value has no context
    command = context.command_path if context is not None else named
    message = error.format_message().rstrip(".")
    return f"{command}: {message}; see `{command} --help`"
