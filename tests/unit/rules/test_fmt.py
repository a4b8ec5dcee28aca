"""Formatting: one spelling, one layout; comments, order and meaning stay as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.errors import Problems
from outreach.model import Kind
from outreach.rules.catalogue import Catalogue
from outreach.rules.fields import CustomField, FieldType
from outreach.rules.fmt import format_rules
from outreach.rules.loader import load_rules
from outreach.rules.names import Names
from outreach.workspace import Workspace

ROOT = Path(__file__).resolve().parents[3]
FILES = {
    name: (ROOT / name).read_text("utf-8")
    for name in ("rules/orders.yaml", "rules/tickets.yaml", "rules.example.yaml")
}
GIFT = Catalogue([CustomField(Kind.ORDER, "gift", FieldType.YES_NO)])


@pytest.fixture(scope="module")
def names() -> Names:
    return Workspace.open(ROOT).names()


def formatted(sentence: str) -> str:
    """Return a sentence as it stands after formatting."""
    text = f"format: 1\nrules:\n\n- rule: a\n  about: order\n  when:\n    - {sentence}\n"
    *_, line = format_rules(text, catalogue=GIFT).splitlines()
    return line.removeprefix("    - ")


@pytest.mark.parametrize("name", FILES)
def test_what_ships_is_in_its_one_form(name: str) -> None:
    assert format_rules(FILES[name], name) == FILES[name]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("status = shipped", "status is shipped"),
        ("status == shipped", "status is shipped"),
        ("status != shipped", "status is not shipped"),
        ("status is in [packed,shipped]", "status in [packed, shipped]"),
        ("status is one of [packed]", "status in [packed]"),
        ("status is none of [packed, paid]", "status not in [packed, paid]"),
        ("status is not in [packed]", "status not in [packed]"),
        ("status = packed for more than 2 days", "status is packed for more than 2 days"),
        ("status is in [paid] for more than 1 day", "status in [paid] for more than 1 day"),
        ("total >= 10.50 EUR", "total is at least 10.50 EUR"),  # the amount stays as written
        ("total <= 10 EUR", "total is at most 10 EUR"),
        ("customer.open_tickets > 1", "customer.open_tickets is more than 1"),
        ("customer.open_tickets < 1", "customer.open_tickets is less than 1"),
        ("tags includes gift", "tags include gift"),
        ("tags includes any of [a,b]", "tags include any of [a, b]"),
        ("gift is yes", "gift is true"),
        ("gift = no", "gift is false"),
        ("carrier = no", "carrier is no"),  # of a text it is a value
        ("promised_at is  within the last 2 weeks", "promised_at is within the last 2 weeks"),
        # as a value it must not turn into the word of the language
        ("carrier = missing", 'carrier is "missing"'),
        ("carrier != present", 'carrier is not "present"'),
        ('carrier is "DHL  Express"', 'carrier is "DHL  Express"'),
        ('"carrier = DHL"', '"carrier is DHL"'),  # quotes stay
        ("'carrier = DHL'", "'carrier is DHL'"),
        ('"carrier = \\"more\\""', '"carrier is \\"more\\""'),
        ("status is shiped", "status is shiped"),  # a mistake is not ours to mend
        ("promised_at is more then 1 day ago", "promised_at is more then 1 day ago"),
    ],
)
def test_aliases_become_the_one_spelling(written: str, expected: str) -> None:
    assert formatted(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("wait: 1 day at 10:00", "wait: 1 day, at 10:00"),
        ("wait: 3 days after shipped_at at 9:00", "wait: 3 days after shipped_at, at 9:00"),
        ("wait: until promised_at", "wait: until promised_at"),
        ("wait: at 10:00", "wait: at 10:00"),
        ("repeat: every 3 days up to 3 times", "repeat: every 3 days, up to 3 times"),
    ],
)
def test_phrases_become_the_one_spelling(written: str, expected: str) -> None:
    text = f"rules:\n\n- rule: a\n  steps:\n    - id: b\n      {written}\n"
    assert format_rules(text).splitlines()[-1].strip() == expected


MESSY = """\


format: 1
defaults:
    mode: shadow   # one line to change
rules:
    # the first
    - rule: a
      about: order
      description: >
          one
            two

          three
      when:
      - status = shipped         # a comment keeps its column
      -   any:
          # in the group
          - total >= 10.50 EUR
            # below it
      - promised_at is in the past


      # before the steps
      steps:
      -    send: x
           wait: 1 day at 10:00
           stop_if: [x was clicked, "x was  bounced"]
      takes_over: [
        b, c,
      ]
    # the second
    - rule: b
      when:
        -
          none:
            - status = paid
      steps: [{send: y}]
# the end

"""
NEAT = """\
format: 1
defaults:
  mode: shadow   # one line to change
rules:

# the first
- rule: a
  about: order
  description: >
      one
        two

      three
  when:
    - status is shipped        # a comment keeps its column
    - any:
        # in the group
        - total is at least 10.50 EUR
          # below it
    - promised_at is in the past

  # before the steps
  steps:
    - send: x
      wait: 1 day, at 10:00
      stop_if: [x was clicked, "x was bounced"]
  takes_over: [
    b, c,
  ]

# the second
- rule: b
  when:
    -
      none:
        - status is paid
  steps: [{send: y}]
# the end
"""


def test_a_messy_file_gets_the_one_layout() -> None:
    assert format_rules(MESSY) == NEAT


def test_formatting_twice_is_formatting_once() -> None:
    assert format_rules(NEAT) == NEAT


@pytest.mark.parametrize("text", ["a: [", "", "a: 1\na: 2"])
def test_what_is_not_yaml_is_refused(text: str) -> None:
    with pytest.raises(Problems):
        format_rules(text)


def test_windows_line_ends_and_the_mark_of_its_editors_go() -> None:
    assert format_rules("\ufeffformat: 1\r\nrules: []\r\n") == "format: 1\nrules: []\n"


ALIASES = (
    (" is at least ", " >= "),
    (" not in [", " is none of ["),
    (" include ", " includes "),
    (", up to ", " up to "),
    (", at ", " at "),
    (" is true", " is yes"),
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(sorted(FILES)))
def test_meaning_stays_whatever_the_form(data: st.DataObject, name: str, names: Names) -> None:
    """Disfigure lines of a file: formatting gives back its rules, and for most of them its text."""
    lines = FILES[name].splitlines()
    deeper = data.draw(st.sampled_from([0, 1, 4]), label="indent")
    for number in data.draw(st.sets(st.integers(0, len(lines) - 1), max_size=30), label="lines"):
        code, comment, rest = lines[number].partition(" #")
        for plain, alias in ALIASES:
            code = code.replace(plain, alias)
        lines[number] = code + comment + rest + data.draw(st.sampled_from(["", "  ", "\n\n"]))
    messy = "\n".join(lines)
    head, rules, below = messy.partition("\nrules:")
    messy = head + rules + below.replace("\n", "\n" + " " * deeper)
    neat = format_rules(messy, name, names.catalogue)
    assert load_rules({name: neat}, names).digest == load_rules({name: FILES[name]}, names).digest
    assert format_rules(neat, name, names.catalogue) == neat
    assert _comments(neat) == _comments(FILES[name])


def _comments(text: str) -> list[str]:
    return [line.partition("#")[2].strip() for line in text.splitlines() if "#" in line]
