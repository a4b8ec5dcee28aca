"""Thirty good messages stay clean, and every bad thing that is said is found where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.errors import Level
from tests.unit.deciding.lint.conftest import WELL, found_in, found_in_sms

DATA = Path(__file__).parents[3] / "data" / "lint"


def good() -> list[tuple[str, str, str]]:
    """Return language, subject and body of each good message."""
    found = []
    for part in (DATA / "good.txt").read_text("utf-8").split("=== ")[1:]:
        title, _, body = part.partition("\n")
        locale, _, subject = title.partition(" ")
        found.append((locale, subject, body))
    return found


def table(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def test_there_are_enough_of_both() -> None:
    assert len(good()) == 30
    assert len(table("bad.tsv")) >= 60


@pytest.mark.parametrize(("locale", "subject", "body"), good(), ids=lambda text: text[:40])
def test_a_good_message_stays_clean(locale: str, subject: str, body: str) -> None:
    assert [str(p) for p in found_in(body, locale, subject=subject)] == []


@pytest.mark.parametrize("locale", WELL)
def test_what_the_bad_things_are_added_to_is_in_order(locale: str) -> None:
    assert [str(p) for p in found_in(WELL[locale], locale)] == []


@pytest.mark.parametrize(("locale", "code", "said"), table("bad.tsv"))
def test_a_bad_thing_is_found_on_its_line(locale: str, code: str, said: str) -> None:
    body = WELL[locale] + f"\n{said}\n"
    lines = {problem.code: problem.line for problem in found_in(body, locale)}
    assert lines.get(code) == 4 + body[: body.index(said)].count("\n")


@pytest.mark.parametrize(("locale", "said"), table("fine.tsv"))
def test_what_only_looks_bad_is_let_be(locale: str, said: str) -> None:
    body = WELL[locale] + f"\n{said}\n"
    assert [str(problem) for problem in found_in(body, locale)] == []


def test_the_place_is_that_of_the_words() -> None:
    (problem,) = found_in(WELL["en"] + "\nYou may **kindly** wait.\n")
    assert (problem.code, problem.line, problem.column, problem.width) == ("M107", 10, 11, 6)
    assert problem.source == "You may **kindly** wait."
    assert problem.hint == "“please”"
    assert problem.level is Level.WARNING


def test_words_across_lines_are_one_phrase() -> None:
    found = found_in(WELL["en"] + "\nWrite to us, and do not\nhesitate.\n")
    assert [(p.code, p.line) for p in found] == [("M107", 10)]


@pytest.mark.parametrize(
    "body",
    [
        "{{ order.kindly }}",  # the name of a value is not read by customers
        "{# kindly #}",
        "{% if order.number == 'kindly' %}{% endif %}",
        "[page](https://nordlicht.example/kindly)",
        "<https://nordlicht.example/in_transit>",
        "care_team@nordlicht.example",
        "that that was right",
    ],
)
def test_what_readers_do_not_see_is_not_judged(body: str) -> None:
    from outreach.deciding.lint.passages import Source
    from outreach.deciding.lint.wording import lint_wording
    from outreach.deciding.rendering import Templates

    text = "---\nsubject: S\n---\nHello {{ customer.name }} " + body
    ((file, _),) = Templates({"x/en.email.md": text}).files()
    assert list(lint_wording(Source(file, text))) == []


@pytest.mark.timeout(20)  # takes minutes when a pattern looks back and forth
@pytest.mark.parametrize("run", ["\t", "x", "a@", "[", "\n"])
def test_a_long_run_of_anything_is_read_at_once(run: str) -> None:
    found = found_in_sms("{{ shop.name }}: it is here " + run * 20_000 + ". STOP")
    assert "S303" not in {problem.code for problem in found}
