"""What the OpenAPI document can only say in words, for schemathesis: not every page of every size can be asked for, and
the choices of this index, given as examples since the next edition has others, are all that it takes today.
"""

from typing import Any
from urllib.parse import quote

import schemathesis

from search.query import MAX_WINDOW
from web.errors import LONGEST_ADDRESS


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case) -> bool:
    """Whether the page lies within the window, where both numbers are numbers, and the address is short enough.

    One that is too long is refused by 414, which schemathesis does not take for a refusal.
    """
    asked: dict[str, Any] = case.query or {}
    if len(quote(str(asked), errors="replace")) > LONGEST_ADDRESS // 2:
        return False
    try:
        return int(asked.get("page", 1)) * int(asked.get("per_page", 20)) <= MAX_WINDOW
    except (TypeError, ValueError):
        return True


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Take the examples of the parameters for their only values."""
    for path in raw_schema["paths"].values():
        for parameter in path["get"].get("parameters", ()):
            schema = parameter["schema"].get("items", parameter["schema"])
            if "examples" in schema:
                schema["enum"] = schema.pop("examples")
