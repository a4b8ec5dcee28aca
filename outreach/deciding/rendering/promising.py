"""`| promise` and `| refund_promise`: the words of a message state a date that binds us.

Which order it is about stands in the template: the one whose field is shown, else `order`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jinja2 import nodes

from outreach.deciding.promises import Stated
from outreach.deciding.rendering.facts import Facts, Given
from outreach.deciding.rendering.formats import Formats
from outreach.errors import PromisePassed, RenderError
from outreach.model import Promised

#: the filters, and what each promises
PROMISES = {"promise": Promised.DELIVERY, "refund_promise": Promised.REFUND}


def name_orders(ast: nodes.Template) -> None:
    """Hand each promise the record it is about, where the template does not name one."""
    for found in ast.find_all(nodes.Filter):
        if found.name in PROMISES and not found.args and found.node is not None:
            found.args.append(_record(found.node))


def _record(value: nodes.Expr) -> nodes.Expr:
    while isinstance(value, nodes.Filter) and value.node is not None:
        value = value.node
    if isinstance(value, nodes.Getattr):
        return value.node
    return nodes.Name("order", "load", lineno=value.lineno)


def state(given: Given, formats: Formats, what: Promised, value: Any, record: Any) -> datetime:
    """Note that a message promises a date, and return it; raises RenderError when it must not."""
    at, until = formats.day_of(value)
    if until <= given["now"]:
        msg = f"{formats.day(at)} has passed: nothing can be promised for it"
        raise PromisePassed(msg)
    given.promises.append(Stated(_order(record), what, at, until))
    return at


def _order(record: Any) -> str:
    """Return the id of the order; a ticket's promise is about its order."""
    if isinstance(record, Facts):
        order = record.pick("order_id" if record.has("order_id") else "id")
        if isinstance(order, str) and (record.has("order_id") or record.has("promised_at")):
            return order
    msg = "a promise is about an order, and there is none here"
    raise RenderError(msg)
