"""The workspace of the stories: its settings, secrets and templates, and how they name things."""

from __future__ import annotations

from outreach.model import Kind

SETTINGS = """\
format: 1
timezone: Europe/Berlin
locale: en
shop: {name: Nordlicht, email: care@nordlicht.example}
calendars: {de: {country: DE, days: mon-fri, hours: 09:00-17:00}}
send_windows: {daytime: {days: mon-sun, hours: 09:00-20:00}}
contact_policy: []
"""
CHANNELS = """\
channels:
  email: {{provider: sendgrid, from: "Mara <care@nordlicht.example>", url: "{url}", timeout: 5}}
  sms: {{provider: twilio, from: "+4915550100", url: "{url}", timeout: 5,
    segments_per_second: 1000, status_callback: "https://outreach.example/twilio"}}
"""
HEAD = """\
format: 1
defaults: {send_window: daytime, calendar: de, purpose: service}
rules:
"""
SECRETS = {
    "SENDGRID_API_KEY": "SG.secret",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "secret",
    "OUTREACH_SECRET": "0123456789abcdef0123456789abcdef",
}
#: one line, so that a story can say what it expects to read
NOTE = "{{ rule.name }} to {{ customer.first_name | default('you') }}"
EACH = "{% for one in KIND %}, {{ one.number }}{% endfor %}"
ABOUT = EACH.replace("KIND", "orders") + EACH.replace("KIND", "tickets")
GIFT = "{% if coupon %} {{ coupon.code }} is worth {{ coupon.value }}{% endif %}"
TEMPLATES = {
    "note/en.email.md": f'---\nsubject: "{NOTE}"\n---\n{NOTE}{ABOUT}\n',
    "note/en.sms.txt": NOTE + ABOUT,
    "gift/en.email.md": f'---\nsubject: "gift {NOTE}"\n---\nSorry{ABOUT}.{GIFT}\n',
    "gift/en.sms.txt": f"Sorry{ABOUT}.{GIFT}",
    "signed/en.email.md": '---\nsubject: "signed {{ owner.first_name }}"\n---\n{{ owner.name }}\n',
    "second/en.email.md": f'---\nsubject: "second {NOTE}"\n---\nsecond {NOTE}{ABOUT}\n',
}


def kind_of(number: str) -> Kind:
    """Tell what a story speaks of: orders are A-1, tickets T-1, customers go by their name."""
    return {"A-": Kind.ORDER, "T-": Kind.TICKET}.get(number[:2], Kind.CUSTOMER)
