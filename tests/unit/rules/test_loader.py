"""Rule files become rules: keys, what the file has in common, and what nobody needs to write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from outreach.errors import Level, Problem, Problems
from outreach.model import Channel, Kind, Mode, Money, Position, Purpose
from outreach.rules.canary import Canary
from outreach.rules.conditions import AnyOf, IsOneOf, MoreThanAgo, NoneOf, Opposite
from outreach.rules.document import OncePer, Rule, Ruleset
from outreach.rules.limits import Limits, Rate
from outreach.rules.loader import check_rules, load_rules
from outreach.rules.names import Names
from outreach.rules.offer import Pool
from outreach.timing.durations import Duration

HOUR = Duration(minutes=60)
WHEN = "- promised_at is more than 1 day ago"
Load = Callable[..., Rule]


@pytest.fixture(scope="module")
def loaded(names: Names, rule_files: dict[str, str]) -> Ruleset:
    own = {file: text for file, text in rule_files.items() if file.startswith("tests")}
    return load_rules(own, names)


@pytest.fixture
def load(names: Names) -> Load:
    """Load one rule about an order, from its conditions, steps and other keys."""

    def one(
        when: str = WHEN, steps: str = "- send: apology", defaults: str = "", **keys: str
    ) -> Rule:
        given = {"about": "order", "purpose": "service", **keys}
        lines = ["format: 1", *([f"defaults: {{{defaults}}}"] if defaults else []), "rules:"]
        lines += ["- rule: late", *(f"  {key}: {value}" for key, value in given.items() if value)]
        for key, items in (("when", when), ("steps", steps)):
            lines += [f"  {key}:", *(f"    {line}" for line in items.split("\n"))]
        return load_rules({"a.yaml": "\n".join(lines)}, names).rules[0]

    return one


def test_rules_stand_in_the_order_of_their_files(loaded: Ruleset) -> None:
    assert [rule.name for rule in loaded][:3] == [
        "delayed-order-apology",
        "delayed-order-update",
        "eta-slipped",
    ]
    assert [rule.name for rule in loaded][-1] == "quarterly"


def test_a_rule_has_what_its_keys_say(loaded: Ruleset) -> None:
    rule = loaded.get("delayed-order-apology")
    assert rule is not None
    assert (rule.about, rule.purpose, rule.mode) == (Kind.ORDER, Purpose.SERVICE, Mode.LIVE)
    assert rule.position == Position("tests/data/good/orders.yaml", 11, 9)
    assert rule.owner == "care-team@shop.example"
    assert rule.description.startswith("First apology")
    assert [type(condition) for condition in rule.when] == [MoreThanAgo, Opposite, NoneOf]
    assert rule.holdout == Decimal(5)
    assert rule.limits == Limits(
        cooldown=Duration(days=14),
        per_customer=Rate(3, Duration(days=365)),
        total=Rate(400, Duration(days=1)),
        hold_above=Rate(60, HOUR),
    )
    assert rule.expires_after == Duration(days=2)
    assert rule.calendar is not None
    assert rule.calendar.name == "de"


def test_a_step_has_what_its_keys_say(loaded: Ruleset) -> None:
    rule = loaded.get("delayed-order-apology")
    assert rule is not None
    (step,) = rule.steps
    assert (step.id, step.template) == ("apology", "apology")
    assert step.via == (Channel.EMAIL, Channel.SMS)
    assert step.next_channel_after == Duration(minutes=30)
    assert step.position == Position("tests/data/good/orders.yaml", 27, 7)


def test_conditions_know_their_place_and_words(loaded: Ruleset) -> None:
    rule = loaded.get("vip-delay")
    assert rule is not None
    (group,) = rule.audience
    assert isinstance(group, AnyOf)
    first = group.parts[0]
    assert isinstance(first, IsOneOf)
    assert first.text == "customer.tier in [gold, platinum]"
    assert first.position.line == group.position.line + 1


def test_who_takes_over_is_found_from_both_sides(loaded: Ruleset) -> None:
    assert [rule.name for rule in loaded.over("eta-slipped")] == ["vip-delay"]


@pytest.mark.parametrize(
    ("key", "defaults", "own", "expected"),
    [
        ("owner", "owner: a@b.example", "", "a@b.example"),
        ("owner", "owner: a@b.example", "c@d.example", "c@d.example"),
        ("mode", "mode: shadow", "", Mode.SHADOW),
        ("mode", "", "", Mode.LIVE),
        ("purpose", "purpose: survey", "", Purpose.SURVEY),
        ("purpose", "purpose: survey", "marketing", Purpose.MARKETING),
        ("expires_after", "expires_after: 3 hours", "", Duration(minutes=180)),
        ("combine_within", "combine_within: 1 hour", "", HOUR),
        ("combine_within", "", "", None),
    ],
)
def test_defaults_hold_where_the_rule_is_silent(
    key: str, defaults: str, own: str, expected: object, load: Load
) -> None:
    keys = {"purpose": "" if "purpose" in defaults else "service", key: own}
    if key == "purpose":
        keys = {"purpose": own}
    assert getattr(load(defaults=defaults, **keys), key) == expected


@pytest.mark.parametrize(
    ("written", "mode", "canary"),
    [
        ("live", Mode.LIVE, None),
        ("off", Mode.OFF, None),
        ("canary 10%", Mode.LIVE, Canary(share=Decimal(10))),
        ("canary 2.5%", Mode.LIVE, Canary(share=Decimal("2.5"))),
        ("canary 20 per hour", Mode.LIVE, Canary(rate=Rate(20, HOUR))),
        ("'canary  5 per 2 days'", Mode.LIVE, Canary(rate=Rate(5, Duration(days=2)))),
    ],
)
def test_a_mode_is_one_word_or_a_canary(
    written: str, mode: Mode, canary: Canary | None, load: Load
) -> None:
    own = load(mode=written)
    assert (own.mode, own.canary) == (mode, canary)
    assert load(defaults=f"mode: {written}").canary == canary
    # what the file says does not add to what the rule says
    assert load(defaults="mode: canary 1%", mode=written).canary == canary


def test_limits_of_a_rule_add_to_those_of_its_file(load: Load) -> None:
    rule = load(defaults="limits: {cooldown: 1 day, total: 5 per day}", limits="{total: 9 per day}")
    assert rule.limits == Limits(cooldown=Duration(days=1), total=Rate(9, Duration(days=1)))


def test_windows_and_calendars_come_from_the_workspace(load: Load) -> None:
    assert load().window.name == "daytime"
    assert load().calendar is None
    rule = load(send_window="early", calendar="de")
    assert (rule.window.name, rule.window_name) == ("early", "early")
    assert rule.calendar is not None


@pytest.mark.parametrize(
    ("purpose", "hours"),
    [("transactional", 6), ("service", 48), ("survey", 72), ("marketing", 72)],
)
def test_messages_expire_by_purpose(purpose: str, hours: int, load: Load) -> None:
    assert load(purpose=purpose).expires_after.fixed.total_seconds() == hours * 3600


@pytest.mark.parametrize(
    ("steps", "ids"),
    [
        ("- send: apology", ["apology"]),
        (
            "- send: apology\n- send: apology\n- send: apology",
            ["apology", "apology-2", "apology-3"],
        ),
        ("- send: apology\n- id: apology\n  send: update", ["apology-2", "apology"]),
        ("- wait: 1 day\n- send: apology\n- wait: 1 day", ["wait", "apology", "wait-2"]),
    ],
)
def test_steps_are_called_like_their_template(steps: str, ids: list[str], load: Load) -> None:
    assert [step.id for step in load(steps=steps).steps] == ids


def test_steps_travel_as_the_rule_says_unless_they_say_otherwise(load: Load) -> None:
    rule = load(
        steps="- send: check-in\n- send: apology\n  via: [sms]",
        via="[sms, email]",
        if_undelivered="next channel after 1 hour",
    )
    first, second = rule.steps
    assert (first.via, first.next_channel_after) == ((Channel.SMS, Channel.EMAIL), HOUR)
    assert (second.via, second.next_channel_after) == ((Channel.SMS,), None)


def test_a_step_may_be_asked_about_wherever_something_was_sent(load: Load) -> None:
    steps = "- send: apology\n- send: update\n  skip_if: [apology was replied to]"
    rule = load(steps=steps, cancel_if="[update was bounced]")
    assert len(rule.steps[1].skip_if) == len(rule.cancel_if) == 1


def test_an_occurrence_is_the_subject_unless_said_otherwise(load: Load) -> None:
    assert load().once_per == OncePer()


def test_templates_are_not_doubted_where_they_are_not_known(names: Names) -> None:
    text = (
        f"format: 1\nrules:\n- rule: a\n  about: order\n  purpose: service\n  when:\n    {WHEN}\n"
    )
    text += "  steps:\n    - send: whatever\n"
    unknown = Names(names.catalogue, names.zone, names.default_window)
    assert load_rules({"a.yaml": text}, unknown).rules[0].steps[0].template == "whatever"


def test_warnings_do_not_stop_loading(names: Names) -> None:
    text = "format: 1\nrules:\n- rule: a\n  about: order\n  purpose: service\n  once_per: year\n"
    text += "  when: [status is paid]\n  steps: [{send: apology}]\n"
    ruleset, problems = check_rules({"a.yaml": text}, names)
    assert ruleset is not None
    assert [(problem.code, problem.level) for problem in problems] == [("W310", Level.WARNING)]
    assert load_rules({"a.yaml": text}, names).rules == ruleset.rules


def test_no_files_are_no_rules(names: Names) -> None:
    assert len(load_rules({}, names)) == 0


def test_a_missing_key_is_said_once(load: Load) -> None:
    with pytest.raises(Problems) as caught:
        load(purpose="")
    problem: Problem = caught.value.problems[0]
    assert len(caught.value.problems) == 1
    assert "`purpose`" in problem.message


def test_a_calendar_that_does_not_exist_is_blamed_once(load: Load) -> None:
    with pytest.raises(Problems) as caught:
        load(when="- promised_at is more than 2 business days ago", calendar="nowhere")
    assert [problem.code for problem in caught.value.problems] == ["E204"]


def test_an_ordinary_comment_is_not_taken_for_a_value(load: Load) -> None:
    with pytest.raises(Problems) as caught:
        load(when="- promised_at is more than 2 days  # after the promise")
    assert caught.value.problems[0].message == "the sentence stops too early"


def test_a_sentence_that_cannot_be_read_hides_no_other_mistake(load: Load) -> None:
    """It is not concluded, either, that what is left can never be true."""
    with pytest.raises(Problems) as caught:
        load(when="- any: [status is canceled]", holdout="5%", purpose="transactional")
    assert [problem.code for problem in caught.value.problems] == ["E306", "E203"]


@pytest.mark.parametrize(
    ("mode", "via", "has_address", "codes"),
    [
        ("live", "[email, sms]", False, ["W411"]),
        ("live", "[sms]", False, []),
        ("shadow", "[email]", False, []),
        ("live", "[email]", True, []),
    ],
)
def test_a_coupon_by_mail_needs_a_postal_address(
    mode: str, via: str, has_address: bool, codes: list[str], names: Names
) -> None:
    text = (
        "format: 1\nrules:\n- rule: give\n  about: order\n  purpose: service\n"
        f"  mode: {mode}\n  via: {via}\n  when: [promised_at is more than 1 day ago]\n"
        "  steps: [{send: note, offer: {coupon: five}}]\n"
    )
    five = Pool("five", "five.csv", Money(Decimal(5), "EUR"))
    around = replace(names, has_postal_address=has_address, templates=None, pools={"five": five})
    ruleset, problems = check_rules({"rules.yaml": text}, around)
    assert ruleset is not None
    assert [problem.code for problem in problems] == codes
    assert all((p.line, p.level) == (9, Level.WARNING) for p in problems)


@pytest.mark.parametrize(
    ("mode", "via", "has_pages", "codes"),
    [
        ("live", "[email, sms]", False, ["W410"]),
        ("canary 10%", "[email]", False, ["W410"]),
        ("live", "[sms]", False, []),  # a text is answered by a text
        ("shadow", "[email]", False, []),  # nothing is sent
        ("live", "[email]", True, []),
    ],
)
def test_a_survey_by_mail_needs_a_page_to_answer_on(
    mode: str, via: str, has_pages: bool, codes: list[str], names: Names
) -> None:
    text = (
        "format: 1\nrules:\n- rule: ask\n  about: order\n  purpose: survey\n"
        f"  mode: {mode}\n  via: {via}\n  when: [promised_at is more than 1 day ago]\n"
        "  steps: [{send: note, survey: csat}]\n"
    )
    around = replace(names, has_pages=has_pages, templates=None)
    ruleset, problems = check_rules({"rules.yaml": text}, around)
    assert ruleset is not None
    assert [problem.code for problem in problems] == codes
    assert all((p.line, p.column, p.level) == (9, 32, Level.WARNING) for p in problems)
