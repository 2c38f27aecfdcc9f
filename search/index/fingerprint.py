"""What an index depends on, in one short name: an index made by other declarations is refused. Out: text."""

import hashlib

from search.fields import FACETS, FIELDS, RANGES
from search.french.tokens import VERSION
from search.ranking import WEIGHTS

FORMAT = 13
"""Raised when the files of a generation, or what is written into them, change in a way that the rest of the
fingerprint does not show: the order or the values of a facet, for instance."""


def fingerprint() -> str:
    """Names the fields, the facets, the ranges, the analysis and the weights, and the format of the files."""
    fields = [(field.name, field.weight, field.b) for field in FIELDS]
    declared = fields, [facet.name for facet in FACETS], [each.name for each in RANGES]
    return hashlib.sha256(repr((FORMAT, VERSION, declared, WEIGHTS.k1)).encode()).hexdigest()[:16]
