"""What a template may see: plain values by name. A missing one is false, and cannot be shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from jinja2 import StrictUndefined, Undefined, UndefinedError
from jinja2.utils import missing as not_given

from outreach.deciding.promises import Stated
from outreach.deciding.rendering.suggestions import did_you_mean
from outreach.errors import RenderError
from outreach.model import Money
from outreach.timing.calendars import Calendar

#: the names every template may use; a context that leaves one out has nothing to say about it
ROOTS = (
    "customer",
    "order",
    "ticket",
    "response",
    "subjects",
    "orders",
    "tickets",
    "owner",
    "shop",
    "message",
    "rule",
    "links",
    "promise",
    "survey",
    "coupon",
    "incident",
    "now",
)
#: the names a footer may use as well
FOOTER_ROOTS = (*ROOTS, "purpose", "unsubscribe", "refuse_offers")
#: what the sender's side of a context may hold; orders, tickets and customers have the catalogue
#: `unsubscribe` in a context is the address that takes refusals, when it is not the shop's own
SENDER_FIELDS: dict[str, frozenset[str]] = {
    "owner": frozenset({"name", "first_name", "email"}),
    "shop": frozenset({"name", "email", "phone", "url", "address"}),
    "message": frozenset({"id", "step", "number"}),
    "rule": frozenset({"name", "purpose"}),
    "promise": frozenset({"date", "state", "count"}),
    "links": frozenset({"unsubscribe", "preferences", "survey", "status"}),
    "survey": frozenset({"name", "question", "choices", "low_end", "high_end"}),
    "coupon": frozenset({"code", "value", "expires_at"}),
}


#: the types of most values, which need no wrapping
_AS_THEY_ARE = frozenset({datetime, Money, int, bool, Decimal})


class Unknown(StrictUndefined):
    """A name that does not exist: a mistake in the template, so any use of it is an error."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = not_given,
        name: str | None = None,
        exc: type[Exception] = UndefinedError,
    ) -> None:
        if hint is None and name is not None:
            hint = f"there is no value {name!r}.{did_you_mean(name, FOOTER_ROOTS)}"
        super().__init__(hint, obj, name, RenderError)  # type: ignore[arg-type]


class Missing(Undefined):
    """A field that exists but is empty here: false in an `if`, an error when it would be shown."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is missing", name=path, exc=RenderError)  # type: ignore[arg-type]
        self.path = path

    def __str__(self) -> str:
        raise RenderError(self._undefined_message)


class Facts:
    """A record (an order, a customer, …) that templates read by field name and in no other way."""

    __slots__ = ("_path", "_values")

    def __init__(self, path: str, values: Mapping[str, Any]) -> None:
        self._path = path
        self._values = values

    def pick(self, name: object) -> Any:
        """The value of a field: `Missing` when empty, `Unknown` when there is no such field."""
        try:
            value = self._values[name]  # type: ignore[index]
        except KeyError:
            hint = did_you_mean(str(name), self._values)
            return Unknown(f"{self._path} has no value {name!r}.{hint}")
        if type(value) in _AS_THEY_ARE or (type(value) is str and value and not value.isspace()):
            return value
        return expose(value, f"{self._path}.{name}")

    def has(self, name: str) -> bool:
        """Whether there is such a field, empty or not."""
        return name in self._values

    def __str__(self) -> str:
        msg = f"{self._path} is a whole record: name one of its fields, such as {self._example()}"
        raise RenderError(msg)

    def _example(self) -> str:
        name = next((n for n in ("number", "name", "id") if n in self._values), None)
        return f"{self._path}.{name or next(iter(self._values), 'name')}"


def expose(value: Any, path: str) -> Any:
    """Wrap a plain value so that templates see fields, and an empty value knows its own name."""
    if isinstance(value, str):
        return value if value and not value.isspace() else Missing(path)
    if value is None:
        return Missing(path)
    if isinstance(value, dict | MappingProxyType):
        return Facts(path, value)
    if isinstance(value, list | tuple):
        return tuple([expose(item, f"{path}[{n}]") for n, item in enumerate(value, start=1)])
    if isinstance(value, set | frozenset):
        return tuple(sorted(value, key=str))
    return value


class Given(dict[str, Any]):
    """The context of a message; a value is wrapped when a template first asks for it.

    `promises` are the dates that its words have stated so far, `calendar` what business time means.
    """

    def __init__(self, context: Mapping[str, Any], **more: Any) -> None:
        super().__init__(more)
        self._context = context
        self.promises: list[Stated] = []
        self.calendar: Calendar | None = context.get("calendar")

    def also(self, **more: Any) -> Given:
        """The same context with more values, such as those only a footer has."""
        return Given(self._context, **{**self, **more})

    def __missing__(self, name: str) -> Any:
        if name in self._context:
            value = expose(self._context[name], name)
        elif name in ROOTS:
            value = Missing(name)
        else:
            return not_given
        self[name] = value
        return value


def find(given: Given, path: str) -> Any:
    """The value at a dotted path such as `order.customer.name`."""
    first, *rest = path.split(".")
    value = given[first]
    if value is not_given:
        return Unknown(name=first)
    for name in rest:
        value = child(value, name)
    return value


def child(value: Any, name: str) -> Any:
    """One step down a path. What is missing has only missing children."""
    if isinstance(value, Facts):
        return value.pick(name)
    if isinstance(value, Missing):
        return Missing(f"{value.path}.{name}")
    if isinstance(value, Money) and name in {"amount", "currency"}:
        return getattr(value, name)
    if isinstance(value, Unknown):
        str(value)  # raises, with the reason it was made with
    return Unknown(f"{name!r} was asked of a value that has no fields")
