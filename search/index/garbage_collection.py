"""The collection of garbage while an index is made. In: nothing. Out: a block in which it seldom runs."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

YOUNG: Final = 1_000_000
"""How many objects are made and not freed before Python looks for reference cycles among them. With its own 700 this
took a tenth of the time of an index: millions of postings are held until they are written and looked through each time,
though none is in a cycle.
"""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Objects in reference cycles are freed later than usual in this process; all others at once, as always."""
    young, *older = gc.get_threshold()
    gc.set_threshold(YOUNG, *older)
    try:
        yield
    finally:
        gc.set_threshold(young, *older)
