"""What a sentence refuses ("sans maths", "mais pas vétérinaire"). In: the text. Out: ReadSpans to take out of it.

What stands after a minus sign is read by `operators`.
"""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final

from search.french import spoken
from search.french.plan import ReadSpan
from search.french.tokens import STOP_WORDS, tokens

REFUSED: Final = re.compile(
    rf"(?<!\w)(?:(?:mais\s+)?(?:{'|'.join(spoken.REFUSING)})|(?:mais|et)\s+non)\s+"
    r"(?:(?:être|etre|devenir|faire|trop|beaucoup|de|d'|des|du|le|la|les|l'|un|une|envie|forcément|forcement|comme)\s*\b)*"
    r"(?P<what>\w(?:[^,;.!?]{0,59}?[^\s,;.!?])?)(?=\s++(?:et|mais|ou|avec|car|ni|sans|pas)\s|\s*+(?:[,;.!?]|$))",
    re.IGNORECASE,
)
"""What is not wanted, up to the next clause. Written from how French refuses, tuned on nothing. "non alimentaire"
refuses nothing: "non" counts only after "mais" or "et"."""


def refused(text: str, title_terms: AbstractSet[str]) -> Iterable[ReadSpan]:
    """What the reader does not want, each as a ReadSpan.

    Words that titles hold, or spoken words that stand for such, are "without": sheets with them in their title are not
    found. Others are "left": they are only not searched. title_terms: the terms of the titles.
    """
    for match in REFUSED.finditer(text):
        found = [token for token in tokens(match["what"]) if token.surface not in STOP_WORDS]
        if not found or spoken.refuses(match[0]):
            continue
        last = match.start("what") + found[-1].end
        what = text[match.start("what") + found[0].start : last]
        named = all(token.term in title_terms for token in found)
        meaning = None if named else spoken.whole(found)
        if meaning and not meaning.near and all(token.term in title_terms for token in tokens(meaning.words)):
            yield ReadSpan("without", match.start(), last, meaning.words, (meaning.words,))
        else:
            yield ReadSpan("without" if named else "left", match.start(), last, what, (what,))


def allowed(said: Iterable[spoken.Spoken], refused: Sequence[ReadSpan]) -> list[spoken.Spoken]:
    """The spoken forms without the jobs that are refused: "animaux mais pas vétérinaire" leads to no vétérinaire."""
    unwanted = [{token.term for token in tokens(each.words)} for each in refused if each.kind == "without"]
    if not unwanted:
        return list(said)
    kept = []
    for each in said:
        words, *jobs = each.meaning.jobs
        jobs = [job for job in jobs if not any(terms <= {token.term for token in tokens(job)} for terms in unwanted)]
        kept.append(replace(each, meaning=replace(each.meaning, jobs=(words, *jobs))))
    return kept
