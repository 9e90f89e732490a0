"""The commands by name, the options common to all, and one place that turns any error into advice and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from tracker.cli import (
    deciding,
    doctor,
    documents,
    embedded,
    facts,
    letters,
    measuring,
    moving,
    people,
    reviewing,
    service,
    start,
)
from tracker.cli.session import Session

OK, FOUND, USAGE, SOME_FAILED, REFUSED, UNREACHABLE = range(6)
BUG = 70
"""EX_SOFTWARE of sysexits.h. Python's own 1 for a traceback would say that `--fail-on` found something."""

app = typer.Typer(
    name="closeout",
    help="Makes sure that what a postmortem promised gets done.",
    epilog="Exit codes: 0 fine; 1 --fail-on found something; 2 usage or settings; 3 some items failed, the rest was "
    "done; 4 refused by the brake or a stale plan; 5 a target could not be reached at all; 70 a bug.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for module in (start, documents, facts, deciding, moving, reviewing, letters, measuring, doctor, service):
    module.register(app)
app.add_typer(embedded.app, name="issues")
app.add_typer(people.app, name="people")


@app.callback(invoke_without_command=True)
def closeout(
    context: typer.Context,
    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            envvar="CLOSEOUT_CONFIG",
            help="Settings file (else closeout.toml, upward).",
        ),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    """Read the options common to all commands."""
    if version:
        from importlib.metadata import version as installed  # noqa: PLC0415 - slow, and seldom needed

        typer.echo(f"closeout {installed('closeout')}")
        raise typer.Exit
    context.obj = Session(config)


def run(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code. Errors are told on stderr: what, where, and what to do next."""
    # Pydantic would look through every installed distribution for plugins, which takes longer than many a command.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        result = app(arguments, prog_name="closeout", standalone_mode=False)
    except typer.TyperException as error:
        said = error.format_message().replace("Value error, ", "")
        # A group without a command answers with its help, as it stands.
        advice = "\n  `closeout COMMAND --help` tells what it takes."
        sys.stderr.write(f"{said}\n" if said.startswith("Usage:") else f"closeout: {said}{advice}\n")
        return USAGE
    except (typer.Abort, KeyboardInterrupt):
        sys.stderr.write("\nstopped; what was sent is journalled, so running again is safe\n")
        return 130
    except BrokenPipeError:
        # The reader (`| head`) has left; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:  # noqa: BLE001 - what is not known here is told as the bug that it is
        return _tell(error)
    return result if isinstance(result, int) else OK


def _tell(error: Exception) -> int:
    from connectors import ConnectorError, OutcomeUnknown, RequestRejected  # noqa: PLC0415 - only on the way out
    from tracker.errors import CloseoutError  # noqa: PLC0415

    if not isinstance(error, CloseoutError | ConnectorError):
        return _tell_bug(error)
    lines = [f"closeout: {error.where}: " if error.where else "closeout: "]
    message = error.message.splitlines()
    lines[0] += message[0] if len(message) == 1 else f"{len(message)} problems"
    lines += [f"  {line}" for line in message] if len(message) > 1 else []
    lines += [f"  {error.advice}"] if error.advice else []
    sys.stderr.write("\n".join(lines) + "\n")
    if isinstance(error, CloseoutError):
        return error.exit_code
    return SOME_FAILED if isinstance(error, OutcomeUnknown | RequestRejected) else UNREACHABLE


def _tell_bug(error: Exception) -> int:
    import traceback  # noqa: PLC0415 - only on the way out

    sys.stderr.write("".join(traceback.format_exception(error)))
    sys.stderr.write("closeout: this is a bug in Closeout; please report it with the lines above\n")
    return BUG
