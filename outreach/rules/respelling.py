"""One spelling for a sentence or phrase: aliases become the words the documentation uses.

Numbers, durations, dates and values stay as they were written: `2 weeks` remains `2 weeks`.
"""

from __future__ import annotations

from lark import Token, Tree

from outreach.rules.sentences.wording import RESERVED, quoted
from outreach.rules.sentences.words import NotUnderstood, parse_words, tokens

#: the grammar's name for what is said → how it is written; `{}` is a part as it was written
_SPELLED = {
    "missing": "is missing",
    "present": "is present",
    "equal": "is {}",
    "not_equal": "is not {}",
    "one_of": "in {}",
    "none_of": "not in {}",
    "contains": "contains {}",
    "contains_not": "does not contain {}",
    "starts": "starts with {}",
    "at_least": "is at least {}",
    "at_most": "is at most {}",
    "more_than": "is more than {}",
    "less_than": "is less than {}",
    "between": "is between {} and {}",
    "includes": "include {}",
    "includes_not": "does not include {}",
    "ago": "is more than {} ago",
    "between_ago": "is between {} and {} ago",
    "within_last": "is within the last {}",
    "within_next": "is within the next {}",
    "away": "is more than {} away",
    "past": "is in the past",
    "future": "is in the future",
    "before_date": "is before {}",
    "after_date": "is after {}",
    "had": "was {}",
    "had_not": "was not {}",
}
_YES_NO = {"yes": "true", "no": "false"}


def respell_sentence(text: str, *, yes_no: frozenset[str] = frozenset()) -> str:
    """Return a sentence in its one spelling, or as it is when it is not understood.

    `yes_no` are the fields of that type, whose `yes` and `no` are aliases.
    """
    try:
        tree = parse_words(text, "sentence")
    except NotUnderstood:
        return text
    subject, said = tree.children
    assert isinstance(said, Tree)
    return f"{subject} {_predicate(said, is_yes_no=str(subject) in yes_no)}"


def respell_phrase(text: str, start: str) -> str:
    """Return what stands at `wait:` or `repeat:` in its one spelling, or as it is."""
    try:
        tree = parse_words(text, start)
    except NotUnderstood:
        return text
    if start == "repeat":
        every, times = tree.children
        return f"every {_part(every)}, up to {times} times"
    return _wait(tree)


def _predicate(said: Tree[Token], *, is_yes_no: bool) -> str:
    parts = [_part(part) for part in said.children]
    match said.data:
        case "equal" | "not_equal":
            value = _unmistakable(" ".join(parts))
            return _SPELLED[said.data].format(_YES_NO.get(value, value) if is_yes_no else value)
        case "includes" | "includes_not" if parts[0].startswith("["):
            return _SPELLED[said.data].format(f"any of {parts[0]}")
        case "has_been":
            values, length = parts
            verb = "in" if values.startswith("[") else "is"
            return f"{verb} {_unmistakable(values)} for more than {length}"
        case "before_field" | "after_field":
            *distance, other = parts
            how_far = f"more than {distance[0]} " if distance else ""
            return f"is {how_far}{said.data.removesuffix('_field')} {other}"
    return _SPELLED[said.data].format(*parts)


def _unmistakable(value: str) -> str:
    """Return a value in quotes if it would be read as another word: `= missing`, `is missing`."""
    return quoted(value) if value in RESERVED else value


def _wait(tree: Tree[Token]) -> str:
    words = {token.type: str(token) for token in tokens(tree) if token.type in ("NAME", "TIME")}
    length = next((_part(part) for part in tree.children if isinstance(part, Tree)), "")
    if tree.data == "wait_until":
        length = f"until {words['NAME']}"
    elif "NAME" in words:
        length = f"{length} after {words['NAME']}"
    clock = f"at {words['TIME']}" if "TIME" in words else ""
    return ", ".join(filter(None, (length, clock)))


def _part(part: Tree[Token] | Token) -> str:
    if isinstance(part, Tree) and part.data == "list":
        return f"[{', '.join(_part(value) for value in part.children)}]"
    return " ".join(map(str, tokens(part))) if isinstance(part, Tree) else str(part)
