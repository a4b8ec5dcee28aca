"""A local stand-in for SendGrid and Twilio over real HTTP, for tests, the demo and staging."""

from outreach.channels.sandbox.arrivals import Arrived
from outreach.channels.sandbox.faults import Fault
from outreach.channels.sandbox.journal import Journal
from outreach.channels.sandbox.mischief import Chance, Mischief, Plan, parse_faults, read_script
from outreach.channels.sandbox.receipts import SendGridEvents, TwilioCallbacks
from outreach.channels.sandbox.server import Sandbox, serve
from outreach.channels.sandbox.telling import Teller

__all__ = [
    "Arrived",
    "Chance",
    "Fault",
    "Journal",
    "Mischief",
    "Plan",
    "Sandbox",
    "SendGridEvents",
    "Teller",
    "TwilioCallbacks",
    "parse_faults",
    "read_script",
    "serve",
]
