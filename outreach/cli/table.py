"""All commands, in the order and under the headings of `outreach --help`.

A new command is a function in a module of `outreach.cli.commands` (its first argument is the
Session, the rest is what Typer reads; it returns an exit code or None), or a `typer.Typer` of such
functions for a command with commands of its own, and its line here.
"""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """A command's name, its place (`module:attribute`), and what --help says of it."""

    name: str
    place: str
    help: str


COMMANDS: dict[str, tuple[Command, ...]] = {
    "Start": (
        Command("init", "init:init", "Make a working workspace: settings, rules, templates."),
        Command("demo", "demo:demo", "Sixty days of an invented shop, in a minute."),
        Command("doctor", "doctor:doctor", "Is everything ready? Config, database, channels."),
        Command("schema", "schema:schema", "Write JSON Schemas, or print a subject's fields."),
    ),
    "Write rules": (
        Command("check", "check:check", "Find every mistake in rules, templates and settings."),
        Command("lint", "lint:lint", "What no customer should read, and what to write instead."),
        Command("fmt", "fmt:fmt", "Write rules in their one spelling and layout."),
        Command("test", "testing:run_tests", "Run the rule tests, with a moving clock."),
        Command("render", "render:render", "Show one message as text, HTML or SMS."),
    ),
    "Look ahead": (
        Command("preview", "preview:preview", "What would be sent, held or skipped, and why."),
        Command("backtest", "backtest:backtest", "What rules would have done with the past."),
        Command("diff", "diff:diff", "What apply would change, in rules and in messages."),
        Command("explain", "explain:explain", "Why a rule applies or not, and when it would."),
    ),
    "Run": (
        Command("apply", "apply:apply", "Make the rules on disk the live ones."),
        Command("run", "run:run", "The daemon: take in, find, plan and send."),
        Command("status", "status:status", "Is it running, how late, what is in the queue."),
        Command("queue", "queue:app", "List messages; cancel, move or retry one."),
        Command("approve", "approve:approve", "Release messages that are held."),
        Command("reject", "approve:reject", "Drop messages that are held."),
        Command("pause", "pause:pause", "Stop sending: everything, a rule or a channel."),
        Command("resume", "pause:resume", "Send again."),
        Command("send", "send:send", "Send one message to yourself, for real."),
        Command("sandbox", "sandbox:sandbox", "A local stand-in for the mail and SMS providers."),
    ),
    "People and data": (
        Command("import", "importing:import_file", "Load orders, tickets or customers."),
        Command("customer", "customer:app", "What we know and said to one customer."),
        Command("replies", "replies:app", "What customers wrote that a person must read."),
        Command("incident", "incident:app", "Many orders at once: say so, and when it is over."),
        Command("handoffs", "handoffs:app", "Cases that are with people: take one, close it."),
        Command("suppress", "suppress:app", "Addresses that must not be written to."),
        Command("coupons", "coupons:app", "The codes that offers give away, and what is left."),
        Command("report", "report:report", "What was sent, what it helped, how long people wait."),
        Command("log", "log:log", "Who applied, approved, paused or cancelled what."),
        Command("version", "version:version", "Versions of the program, schema and rules."),
    ),
}
