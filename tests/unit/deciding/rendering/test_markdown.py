"""The same Markdown becomes HTML and a text part that reads well on its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.deciding.rendering.markdown import read_markdown, to_html, to_text, wrap


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("One\ntwo\n\nThree", "One two\n\nThree"),
        ("Yours,\\\nMara", "Yours,\nMara"),  # a break the author asked for
        ("**bold** and *soft* `code`", "bold and soft code"),
        ("# Title\n\nText", "Title\n\nText"),
        ("Before:\n- a\n- b\n\nafter", "Before:\n\n- a\n- b\n\nafter"),
        ("- a\n  more\n\n  para\n- b", "- a more\n\n  para\n\n- b"),
        ("- a\n  - inner\n- b", "- a\n  - inner\n- b"),
        ("3. c\n4. d", "3. c\n4. d"),
        ("> quoted", "> quoted"),
        ("a\n\n---\n\nb", f"a\n\n{'-' * 24}\n\nb"),
        ("[Track it](https://a.example/t)", "Track it: https://a.example/t"),
        ("See [our page](https://a.example), please.", "See our page (https://a.example), please."),
        ("[a](https://a.example) [b](https://b.example)", "a (https://a.example) b (https://b.example)"),
        ("Write to [us@a.example](mailto:us@a.example).", "Write to us@a.example."),
        ("[Stop](mailto:us@a.example?subject=stop) it", "Stop (us@a.example) it"),
        ("Call [+49 30 1](tel:+49301)", "Call +49 30 1 (+49301)"),
        ("<https://a.example/x>", "https://a.example/x"),
        ("    indented is not code", "indented is not code"),
        ("Title\n---\n", f"Title\n\n{'-' * 24}"),  # a rule below, not a heading
        ("a <b>c</b> &amp; d", "a <b>c</b> & d"),  # HTML is text here
    ],
)  # fmt: skip
def test_the_text_part(markdown: str, text: str) -> None:
    assert to_text(read_markdown(markdown)) == text


def test_html_in_a_template_is_shown_not_obeyed() -> None:
    html = to_html(read_markdown("<script>x</script>\n\n<img src=x>"))
    assert "<script" not in html
    assert "<img" not in html


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "//a.example", "page.html"]
)
def test_only_links_that_lead_somewhere_become_links(target: str) -> None:
    assert "<a" not in to_html(read_markdown(f"[x]({target})"))


def test_a_link_alone_in_its_paragraph_is_a_button() -> None:
    html = to_html(read_markdown("[Track](https://a.example)\n\nor [look](https://a.example)"))
    assert html.count('class="button"') == 1
    assert '<p class="action">' in html


@pytest.mark.parametrize(
    ("line", "wrapped"),
    [
        ("aaa bbb ccc", "aaa bbb\nccc"),
        ("- aaa bbb ccc", "- aaa\n  bbb\n  ccc"),
        ("aaaaaaaaaaaa bb", "aaaaaaaaaaaa\nbb"),  # a long word or address stays whole
        ("aa https://a.example/long", "aa\nhttps://a.example/long"),
        ("aaa bbb", "aaa bbb"),
    ],
)
def test_lines_break_at_blanks(line: str, wrapped: str) -> None:
    assert wrap(line, 7) == wrapped


@given(st.text(st.sampled_from("ab >-1.\n"), max_size=400), st.integers(1, 80))
def test_wrapping_loses_no_word_and_always_ends(text: str, width: int) -> None:
    wrapped = wrap(text, width)
    assert wrapped.split() == text.split()
    for line in wrapped.split("\n"):
        assert len(line) <= width or " " not in line.strip() or len(line.split()[0]) < len(line)


def test_scores_in_a_paragraph_of_their_own_are_a_row_of_buttons() -> None:
    tokens = read_markdown("[1](https://a.example?score=1) [2](https://a.example?score=2)")
    html = to_html(tokens)
    assert html.count('<td align="center"><a href=') == 2
    assert html.startswith('<table class="scores" role="presentation"')
    assert to_text(tokens).strip() == "1: https://a.example?score=1\n2: https://a.example?score=2"


def test_a_score_among_words_is_a_link_as_any_other() -> None:
    html = to_html(
        read_markdown("It was [good](https://a.example?score=5), [bad](https://b.example)")
    )
    assert "<table" not in html
