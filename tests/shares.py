"""How much of an expensive test runs. In: the whole of it. Out: the whole, or a share of it under `--quick`.

What is left out is only how often, never what is demanded of each. Test modules ask when they are imported: `conftest`
says before whether the run is quick.
"""

from collections.abc import Sequence
from typing import TypeVar

Each = TypeVar("Each")

EXAMPLES_LEFT = 8
"""One example of so many is drawn in a quick run."""

is_quick = False


def examples(whole: int) -> int:
    """How many examples Hypothesis draws."""
    return max(3, whole // EXAMPLES_LEFT) if is_quick else whole


def some(each: Sequence[Each], of: int, first: int = 0) -> Sequence[Each]:
    """All of these; in a quick run one of so many, from another one on by `first`."""
    return each[first % of :: of] if is_quick else each
