"""A local stand-in for SendGrid and Twilio over real HTTP, for tests, the demo and staging."""

from outreach.channels.sandbox.arrivals import Arrived
from outreach.channels.sandbox.faults import Fault
from outreach.channels.sandbox.receipts import SendGridEvents, TwilioCallbacks
from outreach.channels.sandbox.server import Sandbox, serve

__all__ = ["Arrived", "Fault", "Sandbox", "SendGridEvents", "TwilioCallbacks", "serve"]
