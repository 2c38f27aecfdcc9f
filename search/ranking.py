"""How sheets are ranked: the formula, its sources, its weights as data.

In: frequencies, lengths, matched words. Out: impacts and scores. Nothing else in the project ranks.

The score of a sheet d for a query of words q is a sum of named parts (k sheets share a ROME code with d):

    mots       sum over q of  impact(q, d)
    familles   family * sum over q of  impact(family(q), d)
    titre      title * W * max over the titles t of d of       likeness(q, t) ** title_power
                                                               (times other_title if t is not the sheet's own title)
    repere     label * W * max over the diplomas, interests and domains t of d of
                                                               likeness(q, t) ** label_power
    nom        name * W * max over the names n that lead to d of  share(n, d), less titre; 0 if titre is more
    sens       sense * W * cosine of the latent vectors of q and d (see `french.senses`); sense_alone for one word
    forme      form * share of the words whose very accented form stands in d
    parente    kin * the best sum of the parts above among d and the k

impact is BM25F, with fields combined before saturation (Robertson, Zaragoza & Taylor, "Simple BM25
extension to multiple weighted fields", CIKM 2004):

    tf~(q, d)    = sum over fields f of  w_f * tf(q, f, d) / (1 - b_f + b_f * length(f, d) / mean length(f))
    impact(q, d) = idf(q) * (k1 + 1) * tf~ / (k1 + tf~)
    idf(q)       = ln(1 + (N - n_q + 0.5) / (n_q + 0.5))            N sheets, n_q of them holding q

family(q) is the broader Snowball stem of the word, with a tf~ and an idf of its own. likeness is the
squared cosine of two sets of words weighted by their idf, W being the weight of the query's own words:

    likeness(q, t) = (weight of q and t together)^2 / (weight of q * weight of t)

share(n, d) is likeness(q, n) of a name from outside, times the worth of the way in which it reaches d, divided by a
number that grows with the sheets that it reaches; or the worth of a spoken word that stands for the job d (see
`french.name_matching`, `french.understanding`). Weak leads are dropped. If a diploma, an interest or a domain
of a sheet found reaches `named` of the highest possible repere, share counts `beside_label`. If titles stand in the
query with nothing but ordinary words beside them, the longest has the share `name_matching.WHOLE`, and `label` more
instead of less.

Among the sheets found, those that share a ROME code each gain the best score of the group (the cluster hypothesis:
van Rijsbergen, "Information Retrieval", 1979, chapter 3). No sheet is added, and none overtakes the best.

Which sheets are found is decided by coverage, which is no part of the score:

    coverage(d) = sum of the idf of the words that d holds / sum of the idf of the words known
                  (a stop word counts for `stop` of its idf, a word held by its family alone for `family_cover`)
    d is found if coverage(d) >= threshold * best coverage, or a title of d stands whole in q, or a name leads to d
    threshold = strict if at least `enough` sheets reach it, gate otherwise
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PARTS: dict[str, str] = {
    "mots": "les mots cherchés",
    "familles": "les mots de la même famille",
    "titre": "le nom du métier",
    "repere": "le nom d'un diplôme, d'un centre d'intérêt ou d'un domaine",
    "nom": "un autre nom du métier",
    "sens": "un sens proche",
    "forme": "la forme exacte des mots, avec ses accents",
    "parente": "un métier voisin (même code ROME) qui convient aussi",
}
"""The parts of a score, in order, as they are told to readers."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The numbers of the formula.

    They were chosen with `metiers evaluate` on the judged queries made of the sheets' words and on the dev half of
    people's words; what each idea brings on both is in docs/relevance.md.
    """

    k1: float = 1.2
    family: float = 0.6
    title: float = 2.0
    title_power: float = 1.0
    other_title: float = 0.9
    name: float = 4.0
    named: float = 0.9
    beside_label: float = 0.5
    sense: float = 0.7
    sense_alone: float = 0.3
    label: float = 2.0
    label_power: float = 3.0
    form: float = 15.0
    kin: float = 1.0
    strict: float = 0.9
    enough: int = 20
    gate: float = 0.3
    family_cover: float = 0.5
    stop: float = 0.1


WEIGHTS = Weights()


def idf(documents: int, holding: NDArray[np.int64]) -> NDArray[np.float32]:
    """Inverse document frequency of T words, never negative: float32 (T,).

    holding: int64 (T,), how many of the documents hold each.
    """
    return np.log1p((documents - holding + 0.5) / (holding + 0.5)).astype(np.float32)


def contributions(
    counts: NDArray[np.integer[Any]],
    lengths: NDArray[np.integer[Any]],
    mean_lengths: NDArray[np.float64],
    weights: NDArray[np.float64],
    b: NDArray[np.float64],
) -> NDArray[np.float64]:
    """w_f * tf / (1 - b_f + b_f * length / mean length), element by element; all of shape (n,)."""
    return weights * counts / (1.0 - b + b * lengths / mean_lengths)


def saturate(frequency: NDArray[np.float64], idf: NDArray[np.float32] | float, k1: float) -> NDArray[np.float32]:
    """idf * (k1 + 1) * tf~ / (k1 + tf~), element by element."""
    return (idf * (k1 + 1.0) * frequency / (k1 + frequency)).astype(np.float32)


def led_and_beside(weights: Weights, asked: float, best_label: float) -> tuple[float, float]:
    """By what the share of a lead is multiplied, and what a title that stands whole brings beside its own worth.

    asked: the weight of the query. best_label: the highest repere of the sheets found. If that says that the query is
    itself the name of a diploma, interest or domain, leads bring less, and a title as much more as that name does.
    """
    is_label = 0.0 < weights.named * weights.label * asked <= best_label
    led = weights.name * asked * (weights.beside_label if is_label else 1.0)
    return led, weights.label if is_label else 0.0
