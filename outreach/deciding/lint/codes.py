"""Every code that lint gives, with its level and what it stands for; docs/lint.md says them all."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.errors import Level

E, W, H = Level.ERROR, Level.WARNING, Level.HINT


@dataclass(frozen=True)
class Rule:
    """One thing that lint looks for; `level` is its usual one."""

    level: Level
    meaning: str


RULES: dict[str, Rule] = {
    # kind and clear
    "M101": Rule(W, "the reader is not greeted by name"),
    "M102": Rule(W, "an apology that nobody makes: passive, or without `we`"),
    "M103": Rule(W, "an apology with an if or a but, or that begins with `unfortunately`"),
    "M104": Rule(W, "no next step: what we do, or what the reader can do or need not do"),
    "M105": Rule(W, "a message about a delay without a day or a time"),
    "M106": Rule(W, "no way to reach a person"),
    "M107": Rule(W, "a stock phrase"),
    "M108": Rule(H, "a cliché, or the same word twice"),
    "M109": Rule(W, "said by what is not possible, where it can be said by what is"),
    "M110": Rule(W, "jargon, or a word of the computer such as `out_for_delivery`"),
    "M111": Rule(W, "hard to read: school grade above 8, or a very long sentence or paragraph"),
    "M112": Rule(W, "a subject that is long, loud or empty, or an apology that comes late"),
    "M114": Rule(W, "an offer or an emoji in an apology"),
    "M115": Rule(W, "more than one favour asked for in one message"),
    "M116": Rule(H, "much more `we` than `you`"),
    # would break, or come out wrong
    "M204": Rule(E, "a hole where a value is missing: `Hi ,`, `()`"),
    "M206": Rule(E, "no link to say no in a survey or an advertisement; in service mail a warning"),
    "M208": Rule(W, "an e-mail so large that mail programs cut it off, or a picture without words"),
    "M209": Rule(W, "written in another language than its file name says"),
    "M210": Rule(W, "held back when a value is missing, and `needs` does not say so"),
    "M211": Rule(W, "a link or address that is not safe or leads nowhere: http://, example.com"),
    "M212": Rule(H, "the languages of one message do not show the same values"),
    # text messages
    "S301": Rule(E, "more SMS segments than `max_segments`; a warning for rare values only"),
    "S302": Rule(W, "a character that makes an SMS cost double"),
    "S303": Rule(E, "an SMS that does not say who writes; a warning where the way out is missing"),
    "S304": Rule(W, "a shortened link, or a link and nothing else"),
    # what must not be
    "W421": Rule(W, "a coupon in service mail, which may count as advertising"),
    "W422": Rule(W, "a survey that also goes to people with an open ticket"),
    "W423": Rule(E, "an apology that nothing stops once the matter is settled"),
    # schedules
    "T501": Rule(W, "a send window that never opens for some people"),
    "T502": Rule(W, "a time of day at which the send window is closed"),
    "T503": Rule(W, "a send window in the hours in which people sleep"),
    "T504": Rule(W, "a time of day that does not exist when the clocks go forward"),
    "T505": Rule(W, "news promised for a day on which the send window may be closed"),
    "T506": Rule(W, "news promised sooner than the next message comes"),
    "T507": Rule(W, "a message that may expire before it is allowed to go out"),
    "T508": Rule(W, "a step that is never reached, or a rule that never says anything"),
    "T509": Rule(W, "a rule that waits for messages which are not sent"),
    "T510": Rule(W, "business days without public holidays"),
    # the ignoring itself
    "L901": Rule(E, "an ignore that cannot be read: no such code, or no reason"),
    "L902": Rule(W, "an ignore that ignores nothing"),
}
