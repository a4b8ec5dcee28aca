"""Words: a template and facts in, an e-mail or SMS out; a hole is an error, never a message."""

from outreach.deciding.rendering.templates import Rendered, Templates

__all__ = ["Rendered", "Templates"]
