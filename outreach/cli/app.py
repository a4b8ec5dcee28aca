"""The command line as Typer sees it: commands are loaded when they are called, not for --help."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from copy import copy
from importlib import import_module
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from outreach import __version__
from outreach.cli.options import NAMES, PARAMETERS, Manners
from outreach.cli.output_problems import show_error
from outreach.cli.session import Session
from outreach.cli.table import COMMANDS, Command
from outreach.errors import OutreachError, StoreError

EPILOG = """Every command takes --project, --at, --json and more: see outreach COMMAND --help.

Start with: outreach init shop"""
KEYWORD = inspect.Parameter.KEYWORD_ONLY


class LazyGroup(TyperGroup):
    """Lists the commands from the table; loads the one that is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.places: dict[str, Command] = {}
        for panel, commands in COMMANDS.items():
            for command in commands:
                self.places[command.name] = command
                listed = TyperCommand(command.name, help=command.help, rich_help_panel=panel)
                self.add_command(listed)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, load(self.places[args[0]]) if listed else None, rest


def load(command: Command) -> Any:
    """Import a command's module and return what runs it."""
    module, _, attribute = command.place.partition(":")
    found = getattr(import_module(f"outreach.cli.commands.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        found = _alone(found)
    for info in (*found.registered_commands, found.registered_callback):
        if info is not None and info.callback is not None:
            info.callback = with_session(info.callback)
    loaded = get_command(found)
    loaded.name = command.name
    return loaded


def _alone(function: Callable[..., Any]) -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(function)
    return app


def with_session(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Give a command its session and the options of every command; its number is the exit code."""
    if hasattr(function, "takes_session"):  # a second load in one process
        return function
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]

    def run(ctx: typer.Context, **given: Any) -> None:
        said = {name: given.pop(name) for name in NAMES}
        manners = (ctx.obj or Manners()).updated(said)
        ctx.obj = manners
        session = Session(manners, subcommand=ctx.invoked_subcommand)
        try:
            code = function(session, **given)
        except OutreachError as error:
            show_error(session.out, error)
            code = error.exit_code
        except Exception as error:
            fault = None if manners.verbose else _of_the_database(error)
            if fault is None:
                raise
            show_error(session.out, fault)
            code = fault.exit_code
        finally:
            session.close()
        if code:
            raise typer.Exit(code)

    _take_signature(run, function, [*own, *PARAMETERS])
    return run


def _of_the_database(error: Exception) -> StoreError | None:
    """Return what a database reported, such as a full disk; None for an error of ours."""
    known = sys.modules.get("sqlalchemy.exc")  # not loaded, not asked
    if known is None or not isinstance(error, known.DBAPIError):
        return None
    cause = str(error.orig or error).strip().partition("\n")[0]
    return StoreError(f"the database says: {cause}   (-v shows where)")


def _take_signature(
    run: Any, function: Callable[..., Any], parameters: list[inspect.Parameter]
) -> None:
    context = inspect.Parameter("ctx", KEYWORD, annotation=typer.Context)
    keywords = [p.replace(kind=KEYWORD) for p in parameters]
    run.__signature__ = inspect.Signature([*keywords, context])
    run.__annotations__ = {p.name: p.annotation for p in (*keywords, context)}
    run.__name__ = function.__name__
    run.__doc__ = _unwrapped(function.__doc__ or "")
    run.takes_session = True


def _unwrapped(text: str) -> str:
    """Return a docstring with each paragraph on one line: the screen is as wide as it is."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _hidden(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return an option as it is taken but not shown, where the commands are what matters."""
    kind, option = get_args(parameter.annotation)
    quiet = copy(option)
    quiet.hidden = True
    return parameter.replace(annotation=Annotated[kind, quiet])


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"outreach {__version__}")
        raise typer.Exit


def _root(ctx: typer.Context, **given: Any) -> None:
    given.pop("version")
    ctx.obj = Manners().updated(given)


def build() -> Any:
    """Return the whole command line."""
    version = typer.Option("--version", is_eager=True, callback=_show_version, help="The version.")
    asked = inspect.Parameter(
        "version", KEYWORD, default=False, annotation=Annotated[bool, version]
    )
    _take_signature(_root, _root, [asked, *map(_hidden, PARAMETERS)])
    app = typer.Typer(cls=LazyGroup, no_args_is_help=True, pretty_exceptions_enable=False)
    app.callback(
        help="Writes to customers before they have to ask: late orders, settled tickets, "
        "at a decent hour, once.",
        epilog=EPILOG,
    )(_root)
    return get_command(app)
