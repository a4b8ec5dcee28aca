"""`outreach schema`: JSON Schemas for editors, and the fields of a subject for people."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.editor_schemas import write_all_schemas
from outreach.cli.output_csv import AsCsv, print_csv
from outreach.cli.output_tables import Cell, Column, table
from outreach.cli.session import Session
from outreach.model import SUBJECTS, Kind

if TYPE_CHECKING:
    from outreach.rules.schema import FieldRow

FIELDS = "fields"


def schema(
    session: Session,
    what: Annotated[
        str | None, typer.Argument(metavar="fields", help="Print the fields of a subject.")
    ] = None,
    kind: Annotated[
        Kind | None, typer.Argument(metavar="SUBJECT", help="order, ticket or customer.")
    ] = None,
    as_csv: AsCsv = False,
) -> None:
    """Write JSON Schemas for your editor into .outreach/; or print the fields of a subject.

    `outreach schema fields order` lists all that a sentence about an order can name.
    """
    if what is None:
        _write_schemas(session)
    elif what != FIELDS:
        raise typer.BadParameter(f"'{what}': only `fields` can be printed", param_hint="fields")
    elif kind is None:
        kinds = ", ".join(kind.value for kind in SUBJECTS)
        raise typer.BadParameter(f"name a subject: {kinds}", param_hint="SUBJECT")
    else:
        _print_fields(session, kind, as_csv=as_csv)


def _print_fields(session: Session, kind: Kind, *, as_csv: bool) -> None:
    from outreach.rules.catalogue import Catalogue
    from outreach.rules.schema import FieldRow, fields_table
    from outreach.workspace import NoWorkspace

    out = session.out
    try:
        catalogue = Catalogue(session.workspace.settings.fields)
    except NoWorkspace as error:
        catalogue = Catalogue()
        out.note(f"{error}: these are the built-in fields")
    rows = fields_table(catalogue, kind)
    if as_csv:
        print_csv(out, [field.name for field in fields(FieldRow)], map(asdict, rows))
        return
    if out.as_json:
        out.document("fields/1", {"kind": kind, "fields": rows})
        return
    columns = (
        Column("Field"),
        Column("Type"),
        Column("What it is", shrinks=True),
        Column("Values", wraps=True),
    )
    table(out, columns, [_row(field) for field in rows])
    out.note()
    out.note(f"and last_sent.<rule>: when a rule last wrote about this {kind.value}")
    out.note("what can be said about them:")
    for name, sayings in _sayings(rows).items():
        out.note(f"  {name:<7} {sayings}")


def _sayings(fields: list[FieldRow]) -> dict[str, str]:
    """Return what can be said about each type of field there is."""
    from outreach.rules.sentences.meanings import EXAMPLES

    types = {field.type for field in fields}
    return {kind.value: text for kind, text in EXAMPLES.items() if kind.value in types}


def _row(field: FieldRow) -> list[str | Cell]:
    values = " · ".join(field.choices) if field.choices else field.example
    return [
        Cell(field.name, bold="." not in field.name),
        field.type,
        field.label + (" (yours)" if field.is_custom else ""),
        # every time looks the same, and so says nothing
        "" if field.type == "time" else Cell(values, dim=not field.choices),
    ]


def _write_schemas(session: Session) -> None:
    written = write_all_schemas(session.workspace)
    out = session.out
    if out.as_json:
        out.document("schema/1", {"files": written})
        return
    for path in written:
        out.line(f"{out.mark('ok')} {path}")
    out.note()
    out.note("Editors with YAML support (VS Code, Neovim, JetBrains) take them by themselves:")
    out.note("the first line of each file names its schema.")
