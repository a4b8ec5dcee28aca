"""`outreach schema`: JSON Schemas for editors, and the fields of a subject for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.output_tables import Cell, Column, table
from outreach.cli.session import Session
from outreach.model import Kind

if TYPE_CHECKING:
    from outreach.rules.fields import Field

FIELDS = "fields"


def schema(
    session: Session,
    what: Annotated[
        str | None, typer.Argument(metavar="[fields]", help="Print the fields of a subject.")
    ] = None,
    kind: Annotated[
        Kind | None, typer.Argument(metavar="[SUBJECT]", help="order, ticket or customer.")
    ] = None,
) -> None:
    """Write JSON Schemas for your editor into .outreach/; or print the fields of a subject.

    `outreach schema fields order` lists all that a sentence about an order can name.
    """
    if what is None:
        _write_schemas(session)
    elif what != FIELDS:
        raise typer.BadParameter(f"'{what}': only `fields` can be printed", param_hint="fields")
    elif kind is None:
        kinds = ", ".join(kind.value for kind in Kind)
        raise typer.BadParameter(f"name a subject: {kinds}", param_hint="SUBJECT")
    else:
        _print_fields(session, kind)


def _print_fields(session: Session, kind: Kind) -> None:
    from outreach.rules.catalogue import Catalogue
    from outreach.workspace import NoWorkspace

    out = session.out
    try:
        catalogue = Catalogue(session.workspace.settings.fields)
    except NoWorkspace as error:
        catalogue = Catalogue()
        out.note(f"{error}: these are the built-in fields")
    fields = catalogue.fields(kind)
    if out.as_json:
        out.document("fields/1", {"kind": kind, "fields": [_content(field) for field in fields]})
        return
    columns = (
        Column("Field"),
        Column("Type"),
        Column("What it is", shrinks=True),
        Column("Values", shrinks=True),
    )
    table(out, columns, [_row(field) for field in fields])
    out.note()
    out.note(f"and last_sent.<rule>: when a rule last wrote about this {kind.value}")
    out.note("what can be said about them:")
    for name, sayings in _sayings(fields).items():
        out.note(f"  {name:<7} {sayings}")


def _sayings(fields: list[Field]) -> dict[str, str]:
    """Return what can be said about each type of field there is."""
    from outreach.rules.sentences.meanings import EXAMPLES

    types = {field.type for field in fields}
    return {kind.value: text for kind, text in EXAMPLES.items() if kind in types}


def _row(field: Field) -> list[str | Cell]:
    values = " · ".join(field.choices) if field.choices else field.example
    return [
        Cell(field.path, bold=field.is_own),
        field.type.value,
        field.label + (" (yours)" if field.source == "custom" else ""),
        Cell(values, dim=not field.choices),
    ]


def _content(field: Field) -> dict[str, object]:
    return {
        "field": field.path,
        "type": field.type,
        "label": field.label,
        "choices": field.choices,
        "example": field.example,
        "has_history": field.changed_at is not None,
        "is_indexed": field.indexed,
        "is_custom": field.source == "custom",
    }


def _write_schemas(session: Session) -> None:
    raise NotImplementedError
