"""What may be chosen in the index being served. In: the catalogue. Out: slugs and labels, by parameter."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from search.catalogue import Catalogue
from search.fields import FACET_BY_NAME, FIELD_BY_NAME, RANGES, SECTIONS
from search.folding import slug


@dataclass(frozen=True, slots=True)
class AllowedValues:
    """What may be chosen in one index. allowed: by parameter, its slugs. labels: by parameter and slug, the label.
    slugs: by parameter and folded text that is accepted, the slug meant."""

    allowed: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, Mapping[str, str]]
    slugs: Mapping[str, Mapping[str, str]]

    def resolve(self, parameter: str, text: str) -> str | None:
        """The slug that a slug or a whole label stands for (accents and capitals aside); None for any other text."""
        if text in self.labels[parameter]:
            return text
        return self.slugs[parameter].get(slug(text)) if text else None

    def label(self, parameter: str, value: str) -> str:
        """The label of a slug. Raises KeyError for one that the index does not have."""
        return self.labels[parameter][value]

    def nearest(self, parameter: str, text: str) -> str | None:
        """The slug that a wrong value was probably meant for: one that begins so, or the most similar one; None for
        none."""
        wanted = slug(text[:60])
        near = [each for each in self.slugs[parameter] if wanted and each.startswith(wanted)]
        near = near or get_close_matches(wanted, self.slugs[parameter], n=1, cutoff=0.6)
        return self.slugs[parameter][near[0]] if near else None


def allowed_values(catalogue: Catalogue) -> AllowedValues:
    """All that may be chosen in the index of a catalogue."""
    labels = {name: {each.value: each.label for each in catalogue.facet_values(name)} for name in FACET_BY_NAME}
    sections = {name: FIELD_BY_NAME[name].label for name in SECTIONS}
    scales = {
        name: {slug(label): label for label in each.scale} for each in RANGES if each.scale for name, _ in each.bounds
    }
    labels |= {**scales, "dans": sections}
    slugs = {
        # A slug wins over another value's label.
        name: {slug(label): value for value, label in offered.items()} | {slug(value): value for value in offered}
        for name, offered in labels.items()
    }
    return AllowedValues({name: tuple(offered) for name, offered in labels.items()}, labels, slugs)
