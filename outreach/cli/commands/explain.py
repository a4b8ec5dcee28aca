"""`outreach explain`: why a rule applies or not, line by line, and when that would change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.explanation_json import explanation_json, message_json
from outreach.cli.options import ShowPersonal
from outreach.cli.output_explanation import Teller
from outreach.cli.output_story import print_message_story
from outreach.cli.references import find
from outreach.cli.session import Session

if TYPE_CHECKING:
    from outreach.model import SubjectRef
    from outreach.passes.explain import Explanation, RuleExplained
    from outreach.passes.setup import Setup

#: an instant of our times in a statement: microseconds
_MICROS = re.compile(r"\b1\d{15}\b")


def explain(
    session: Session,
    ref: Annotated[
        str, typer.Argument(metavar="REF", help="An order, ticket, customer or message: A-1042.")
    ],
    rule: Annotated[
        str | None, typer.Argument(metavar="RULE", help="One rule; else all about it.")
    ] = None,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Every rule in full.")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="The statement a rule asks with.")] = False,
    files: Annotated[
        bool, typer.Option("--files", help="By the files on disk, not the applied rules.")
    ] = False,
    as_test: Annotated[
        bool, typer.Option("--as-test", help="The case as a rule test, with invented people.")
    ] = False,
    show_personal: ShowPersonal = False,
) -> None:
    """Say why rules write about an order, a ticket or a customer, or why they keep silent.

    Each line of a rule is shown with what it found, and when it becomes true or stops being so.
    Ids that stand for several things are told apart like this: order:A-1, ticket:A-1.
    """
    setup = _setup(session, files=files)
    _check_rule(setup, rule)
    with setup.store.read() as connection:
        found = find(connection, ref, messages=True)
    if isinstance(found, str):
        if as_test:
            raise typer.BadParameter("a test needs an order, ticket or customer", param_hint="REF")
        _explain_message(session, setup, found)
    elif as_test:
        _print_test(session, setup, found, rule)
    elif sql:
        _print_sql(session, setup, found, rule)
    else:
        _explain_subject(session, setup, found, rule, in_full=all_, personal=show_personal)


def _setup(session: Session, *, files: bool) -> Setup:
    """Return the applied rules, or those of the files where nothing is applied yet."""
    from outreach.releases import applied

    is_applied = applied(session.store) is not None
    setup = session.setup(applied=is_applied and not files)
    if is_applied and not files:
        _note_edits(session, setup)
    return setup


def _note_edits(session: Session, setup: Setup) -> None:
    from outreach.errors import OutreachError
    from outreach.releases import load

    try:
        ruleset, _ = load(session.workspace)
    except OutreachError:
        session.out.note("the files on disk have mistakes: `outreach check` names them")
        return
    if ruleset.digest != setup.ruleset.digest:
        session.out.note("the files on disk say something else than the applied rules: see --files")


def _check_rule(setup: Setup, name: str | None) -> None:
    from outreach.rules.catalogue import suggestion

    if name is None or setup.ruleset.get(name) is not None:
        return
    known = [rule.name for rule in setup.ruleset]
    meant = suggestion(name, known)
    hint = f" Did you mean '{meant}'?" if meant else f" There are: {', '.join(known)}"
    raise typer.BadParameter(f"there is no rule '{name}'.{hint}", param_hint="RULE")


def _explain_subject(
    session: Session,
    setup: Setup,
    subject: SubjectRef,
    rule: str | None,
    *,
    in_full: bool,
    personal: bool,
) -> None:
    from outreach.passes.explain import explain as look

    _check_kind(setup, subject, rule)
    found = look(setup, subject, now=session.now)
    asked = [e for e in found.rules if rule in (None, e.rule.name)]
    if session.out.as_json:
        session.out.document("explain/1", explanation_json(found, asked, setup.ruleset.version))
        return
    full = asked if in_full or rule is not None else [e for e in asked if _is_of_interest(e)]
    teller = Teller(session, personal=personal)
    teller.heading(found)
    for explained in full:
        teller.rule(explained, setup.ruleset.version)
    teller.others([e for e in found.rules if e not in full])
    teller.reach(found.recipient)
    teller.history(found.history)
    _suggest(session, found, full, in_full=in_full)


def _is_of_interest(explained: RuleExplained) -> bool:
    """Whether a rule has something to do with the subject, now, before or later."""
    lines = explained.lines
    return lines.applies or lines.since is not None or explained.enrollment is not None


def _check_kind(setup: Setup, subject: SubjectRef, name: str | None) -> None:
    rule = setup.ruleset.get(name) if name else None
    if rule is not None and rule.about is not subject.kind:
        said = f"'{rule.name}' is about {rule.about}s, and '{subject.id}' names one {subject.kind}"
        raise typer.BadParameter(said, param_hint="RULE")


def _explain_message(session: Session, setup: Setup, message: str) -> None:
    from outreach.passes.explain import explain_message

    found = explain_message(setup, message, now=session.now)
    if session.out.as_json:
        session.out.document("explain-message/1", message_json(found))
        return
    print_message_story(session, found)
    session.out.note()
    for subject in found.subjects:
        session.out.suggest(
            (f"outreach explain {subject.kind}:{subject.id} {found.message.rule}", "line by line")
        )


def _print_sql(session: Session, setup: Setup, subject: SubjectRef, name: str | None) -> None:
    from outreach.store.enrolling import Window
    from outreach.store.occurrences import occurrence_sql
    from outreach.timing.instants import from_micros
    from outreach.timing.periods import stretch_of

    _check_kind(setup, subject, name)
    statements: dict[str, str] = {}
    for rule in setup.ruleset:
        if rule.about is subject.kind and name in (None, rule.name):
            period = rule.once_per.period
            stretch = stretch_of(session.now, period, setup.zone) if period else None
            window = Window.at(session.now, stretch)
            statements[rule.name] = occurrence_sql(setup.store.engine, rule, subject, window)
    if session.out.as_json:
        session.out.document("explain-sql/1", {"statements": statements})
    dialect = setup.store.engine.dialect.name
    for rule_name, statement in statements.items():
        session.out.line(f"-- {rule_name}, as {dialect} is asked")
        for number in sorted(set(_MICROS.findall(statement))):
            session.out.line(f"-- {number} is {session.clock(from_micros(int(number)))}")
        session.out.line(f"{statement}\n")


def _print_test(session: Session, setup: Setup, subject: SubjectRef, rule: str | None) -> None:
    from outreach.proving.real_cases import as_test
    from outreach.proving.scenarios.stage import Stage
    from outreach.releases import read_release

    _check_kind(setup, subject, rule)
    stage = Stage(read_release(session.workspace))
    try:
        text = as_test(setup, stage, subject, now=session.now, rule=rule or "")
    finally:
        stage.close()
    if session.out.as_json:
        session.out.document("explain-as-test/1", {"test": text})
    for line in text.splitlines():
        session.out.line(line)
    session.out.note("save it as rules/NAME.test.yaml: `outreach test` plays it")


def _suggest(
    session: Session, found: Explanation, full: list[RuleExplained], *, in_full: bool
) -> None:
    hints: list[tuple[str, str]] = []
    ref: Any = found.subject.id
    if any(explained.foretold and explained.foretold.goes_out for explained in full):
        hints.append((f"outreach preview --show {ref}", "the words"))
    if not in_full and len(full) < len(found.rules):
        hints.append((f"outreach explain {ref} --all", "every rule in full"))
    if hints:
        session.out.note()
        session.out.suggest(*hints)
