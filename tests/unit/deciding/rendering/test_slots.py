"""Values are data: no name is ever Markdown, HTML, a header, a link or a template."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outreach.deciding.rendering import Rendered, Templates
from outreach.deciding.rendering.samples import sample_context, without
from outreach.errors import RenderError
from outreach.model import Channel, Kind

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
Render = Callable[..., Rendered]
Page = Callable[[str], Any]


def mail(body: str, head: str = "subject: Hi") -> dict[str, str]:
    return {"x/en.email.md": f"---\n{head}\n---\n{body}\n"}


EVERYWHERE = mail(
    "{{ customer.first_name }} begins, **{{ customer.first_name }}** shouts,\n"
    "_{{ customer.first_name }}_ whispers, `{{ customer.first_name }}` codes\\\n"
    "{{ customer.first_name }} after a break.\n\n"
    "# {{ customer.first_name }}\n\n"
    "- {{ customer.first_name }}\n"
    "- [{{ customer.first_name }}](https://shop.example/{{ customer.first_name }})\n\n"
    "> {{ customer.first_name }}\n\n"
    "{{ customer.first_name }}\n{{ customer.first_name }}\n",
    'subject: "For {{ customer.first_name }}"\n'
    'preheader: "About {{ customer.first_name }}"\n'
    'from_name: "From {{ customer.first_name }}"',
)
TRICKS = """
*x*  **x**  _x_  `x`  #·x  -·x  1.·x  >·x  ---  ===  ····x  \\  \\*x\\*  ~~~  ```  --·
[a](http://evil.example)  ![a](http://evil.example/x.png)  [a]:·http://evil.example
<http://evil.example>  http://evil.example  a@b.example  https://x  www.evil.example
<b>  </p><script>alert(1)</script>  <img·src=x·onerror=y>  <!--  ]]>  &lt;b&gt;  &amp;  &#60;
"·onclick="x  '·x='  {{·7·*·7·}}  {%·for·x·in·y·%}  {#  }}  %}  %0d%0a  $x  \\1  |a|b|↵|-|-|
x↵Bcc:·evil@example.com  x↵↵#·y  Zoë-Çelik  Ünï·cödé
""".replace("\\\\", "\\").split()
TRICKS = [trick.replace("·", " ").replace("↵", "\r\n") for trick in TRICKS]
TRICKS += ["x\u2028y", "\ue0000\ue003", "\ue000", "\ue001", "\ue0011\ue003", "\u202egnp.exe"]
TRICKS += ["\0x", "x" * 300, "\N{FAMILY}", "a  b"]
NAMES = st.one_of(
    st.text(min_size=1),
    st.sampled_from(TRICKS),
    st.lists(st.sampled_from(TRICKS), min_size=1, max_size=4).map("".join),
    st.text(st.sampled_from(" \n*_`[]()<>#-!\\&\"'{}%ab1."), min_size=1, max_size=40),
)
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
TEMPLATES = Templates(EVERYWHERE, "en", BERLIN)


def render_name(name: str) -> Rendered:
    context = sample_context(Kind.ORDER, NOW)
    context["customer"] = {**context["customer"], "first_name": name}
    return TEMPLATES.render("x", Channel.EMAIL, context, now=NOW)


def squeezed(text: str) -> str:
    """A text without blanks and invisible characters, which wrapping and cleaning may move."""
    return "".join(HIDDEN.sub("", text).split())


def shape(page: Any) -> list[tuple[str, tuple[tuple[str, str | None], ...]]]:
    """Every element with every attribute but the targets of links."""
    return [
        (tag, tuple((key, value) for key, value in attributes if key != "href"))
        for tag, attributes in page.elements
    ]


ANA = render_name("Ana")


@given(NAMES.filter(squeezed))
@settings(max_examples=250)
@example(name="</p><script>alert(1)</script>")
@example(name="x\r\nBcc: evil@example.com")
def test_any_name_is_shown_as_it_is_and_adds_nothing(elements: Page, name: str) -> None:
    rendered = render_name(name)
    page, plain_page = elements(rendered.html), elements(ANA.html)
    seen = squeezed(name)
    # in HTML: the same elements as with a plain name, and the name as text
    assert shape(page) == shape(plain_page)
    assert squeezed(page.text) == squeezed(plain_page.text).replace("Ana", seen)
    # in the text part: the same words around it
    expected = squeezed(ANA.text.replace("https://shop.example/Ana", "URL")).replace("Ana", seen)
    quoted = re.sub(r"https://shop\.example/[^\s)]*", "URL", rendered.text, count=1)
    assert squeezed(quoted) == expected
    # in headers: one line
    for line, plain in [
        (rendered.subject, "For"),
        (rendered.preheader, "About"),
        (rendered.from_name, "From"),
    ]:
        assert squeezed(line) == plain + seen
        assert line.splitlines() == [line]


@given(NAMES.filter(squeezed))
def test_a_name_cannot_leave_the_link_it_stands_in(elements: Page, name: str) -> None:
    links = elements(render_name(name).html).links()
    assert links[1:] == elements(ANA.html).links()[1:]
    assert re.fullmatch(r"https://shop\.example/[A-Za-z0-9_.~%@-]*", links[0] or "")


@given(NAMES.filter(squeezed))
def test_an_sms_shows_any_name_as_it_is(render: Render, name: str) -> None:
    context = sample_context(Kind.ORDER, NOW)
    context["customer"]["first_name"] = name
    text = render({"x/en.sms.txt": "Hi {{ customer.first_name }}!"}, context, channel=Channel.SMS)
    assert squeezed(text.text) == f"Hi{squeezed(name)}!"
    assert "\n" not in text.text


@pytest.mark.parametrize(
    "url",
    [
        "https://track.example/a?b=1&c=2",
        "http://track.example",
        "HTTPS://track.example/%20x",
        "mailto:a@b.example?subject=x",
        "tel:+49 30 1",
        "https://träck.example/päth",
    ],
)
def test_links_from_data_lead_where_the_data_says(render: Render, elements: Page, url: str) -> None:
    context = sample_context(Kind.ORDER, NOW)
    context["order"]["tracking_url"] = url
    rendered = render("[Track]({{ order.tracking_url }})", context)
    assert elements(rendered.html).links()[0] == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "data:text/html;base64,x",
        "//evil.example",
        "www.track.example",
        'https://a.example/" onclick="x',
        "https://a.example/<b>",
        "https://a.example/ b",
        "https://",
        "mailto:",
        "A-1042",
    ],
)
def test_a_bad_link_from_data_holds_the_message(render: Render, url: str) -> None:
    context = sample_context(Kind.ORDER, NOW)
    context["order"]["tracking_url"] = url
    with pytest.raises(RenderError, match=r"x/en.email.md: .* is not a link"):
        render("[Track]({{ order.tracking_url }})", context)


def test_a_missing_link_holds_the_message(render: Render) -> None:
    context = without(sample_context(Kind.ORDER, NOW), "order.tracking_url")
    with pytest.raises(RenderError, match=r"order\.tracking_url is missing"):
        render("[Track]({{ order.tracking_url }})", context)


def test_an_address_and_the_link_to_it_are_shown_once(render: Render, elements: Page) -> None:
    rendered = render("Write to [{{ shop.email }}](mailto:{{ shop.email }}).")
    assert rendered.text.splitlines()[0] == "Write to care@nordlicht.example."
    assert elements(rendered.html).links()[0] == "mailto:care@nordlicht.example"
