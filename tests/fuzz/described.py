"""What the OpenAPI document can only say in words, for schemathesis: not every page of every size can be asked for."""

from typing import Any

import schemathesis

from search.query import MAX_WINDOW


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: schemathesis.Case) -> bool:
    """Whether the page lies within the window, where both numbers are numbers."""
    asked: dict[str, Any] = case.query or {}
    try:
        return int(asked.get("page", 1)) * int(asked.get("per_page", 20)) <= MAX_WINDOW
    except (TypeError, ValueError):
        return True
