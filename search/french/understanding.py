"""How a reader's words are understood. In: the text of a query and the vocabulary of the sheets. Out: a Plan.

    text -> words, "phrases", -exclusions -> the terms each stands for -> Plan

A known word is never corrected. The words of a long form also stand for the short one ("conception assistée par
ordinateur": CAO). Two words that the sheets write as one also stand for that one ("web designer": webdesigner).

For a word that no sheet holds another is guessed (see `guessing`). If nothing fits it is ignored, and the reader is
told; a word that is too far to be guessed is offered as a link. An acronym in capitals is never corrected, nor is a
word of a name from outside.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from search.engine import Correction, Understanding
from search.french import name_matching, operators, refusals, spelling, spoken, wishes
from search.french.equivalents import Span
from search.french.guessing import after_article, guess, without_article
from search.french.name_matching import NO_LEADS, Leads
from search.french.plan import Plan, ReadSpan, Word
from search.french.spoken import Spoken
from search.french.tokens import ORDINARY, STOP_WORDS, WISHES, Token, is_fixed, stem, tokens
from search.french.vocabulary import Vocabulary
from search.query import MAX_WORDS

ACRONYM: Final = 5
"""Letters of the longest word in capitals that is taken for an acronym, and never corrected. Tuned on nothing."""

YEARS: Final = "bac+"
"""How a term that counts years of studies begins."""

LEAST_LIKE: Final = 0.4
"""The likeness from which a name leads to its sheets. Tuned on the dev half of the people's queries."""

LEAST_LED: Final = 0.1
"""The least share of a lead; weaker ones are dropped. Measured on both judged sets: they moved less than noise."""

BESIDE_TITLE: Final = 0.3
"""By what leads are multiplied if a title stands whole in the query. Tuned as LEAST_LIKE."""

MEANT: Final = 0.9
NEAR: Final = 0.8
"""By what the leads of a spoken word are multiplied: if it stands for jobs, and if they are only near. Tuned as
LEAST_LIKE."""


# Long: a piece of the plan a line, each made by a function of its own.
def read(text: str, vocabulary: Vocabulary, typo: bool = True) -> Plan:
    """Understand the text of a query. Never raises; what goes beyond MAX_WORDS and MAX_PHRASES is left out, and told.

    typo: if False, exactly the words typed are searched: nothing is corrected, and no wish, refusal, spoken word or
    name from outside is read.
    """
    free, every_phrase, every_exclusion = operators.parted(text)
    phrases, phrases_left = operators.bounded(every_phrase, text)
    exclusions, exclusions_left = operators.bounded(every_exclusion, text)
    refused = tuple(refusals.refused(free, vocabulary.title_terms)) if typo else ()
    for each in refused:
        free = operators.blanked(free, each.start, each.end)
    every_word = tokens(free)
    typed = _most_telling(every_word, vocabulary)
    bare = [_bare(token, vocabulary) for token in typed] if typo else typed
    said = refusals.allowed(_spoken(bare, free, every_phrase, vocabulary), refused) if typo else []
    quoted = {place for place, token in enumerate(typed) if operators.is_quoted(token.start, token.end, every_phrase)}
    telling = wishes.telling(bare, said, quoted, vocabulary.names) if typo else set(range(len(typed)))
    words, ignored, asked = _resolved(typed, said, telling, vocabulary, typo, text)
    if (ignored or refused or said) and all(word.stop for word in words):
        words = ()
    is_some_read = bool(words or ignored) or any(each.kind == "without" for each in refused)
    whole, leads = _meant_by_names(asked, said, typed, telling, vocabulary) if typo else ({}, NO_LEADS)
    if not len(leads.docs):
        ignored += _unled([typed[place] for place in sorted(telling)], is_some_read, vocabulary)
    if not every_word and not every_phrase and not every_exclusion and not is_some_read:
        ignored = _signs(text)
    numbered = [_numbers(phrase.words, vocabulary) for phrase in phrases]
    excluded = [_numbers(exclusion.words, vocabulary) for exclusion in exclusions]
    kept = {token.term for token in typed}
    return Plan(
        text=text,
        words=words,
        phrases=tuple(filter(None, numbered)),
        excluded=tuple(filter(None, excluded)),
        ignored=tuple(dict.fromkeys(ignored)),
        impossible=not all(numbered),
        exclusions=tuple(operators.undone(exclusion, every_exclusion, text) for exclusion in exclusions),
        left_out=(
            *dict.fromkeys(token.surface for token in every_word if token.term not in kept),
            *phrases_left,
            *exclusions_left,
        ),
        unwanted=tuple(
            filter(None, (_numbers(tokens(each.words), vocabulary) for each in refused if each.kind == "without"))
        ),
        readings=(
            *refused,
            *(wishes.meant(each, typed, text) for each in said),
            *wishes.wished(typed, telling, text),
            *(() if words or said else _only_near(typed, text, leads, vocabulary)),
        ),
        leads=leads,
        whole=whole,
        asked=sum(word.idf for word in words) + (_outside(asked, vocabulary) if typo else 0.0),
        close=typo and bool(words),
        offered=_offered(typed, ignored, vocabulary) if typo else (),
    )


def _spoken(
    typed: Sequence[Token], text: str, quoted: Sequence[operators.Group], vocabulary: Vocabulary
) -> list[Spoken]:
    """The spoken forms that are read as such.

    Left out are those between quotes, those that are a title or belong to a longer name, and, beside other words, those
    made of wishes alone (refusals stay). So are those with an ordinary word, if the words beside it are a title
    ("stage manager").
    """
    telling = {
        place for place, token in enumerate(typed) if token.folded not in WISHES and token.surface not in STOP_WORDS
    }
    named = {token.term for token in typed if token.surface not in STOP_WORDS and token.folded not in ORDINARY}
    ordinary = {place for place, token in enumerate(typed) if token.folded in ORDINARY}
    beside = ordinary if ordinary and name_matching.is_title(vocabulary.names, named) else ()
    return [
        each
        for each in spoken.spans(typed, text)
        if not any(each.first <= place <= each.last for place in beside)
        and not wishes.within_name(each, typed, vocabulary.names, vocabulary.labels)
        and not operators.is_quoted(typed[each.first].start, typed[each.last].end, quoted)
        and (each.meaning.refuses or not telling or not telling.isdisjoint(range(each.first, each.last + 1)))
    ]


def _bare(token: Token, vocabulary: Vocabulary) -> Token:
    """An unknown word without the article glued to it, if what is left is known: "linformatique"."""
    rest = after_article(token, vocabulary)
    if not rest or token.term in spoken.meanings() or token.term in vocabulary.numbers:
        return token
    term = stem(rest)
    is_known = term in vocabulary.numbers or rest in WISHES or term in spoken.meanings()
    return token._replace(term=term, surface=rest, folded=rest) if is_known else token


Asking = tuple[tuple[str, ...], float]
"""A word asked of the names: the terms that it may stand for, its weight."""


def _resolved(
    typed: Sequence[Token],
    said: Sequence[Spoken],
    kept: Collection[int],
    vocabulary: Vocabulary,
    typo: bool,
    text: str,
) -> tuple[tuple[Word, ...], list[str], list[Asking]]:
    """The words to search, the words that nothing holds, and what is asked of the names: each once, if typed twice too.

    said: the spoken forms. kept: the places in `typed` of the words that tell something.
    """
    words: dict[tuple[int, ...], Word] = {}
    ignored: list[str] = []
    asked: dict[tuple[str, ...], float] = {}
    shorts = _shorts(typed, vocabulary) if typo else [()] * len(typed)
    known = [_known(token, also, vocabulary, typo) for token, also in zip(typed, shorts, strict=True)]
    known_terms = {token.term for token, word in zip(typed, known, strict=True) if word and not word.stop}
    spoken_for = {place: each for each in said for place in range(each.first, each.last + 1)}
    for place, (token, word) in enumerate(zip(typed, known, strict=True)):
        if place not in kept:
            continue
        last = place == len(typed) - 1 and token.end == len(text)
        outside = False
        if place in spoken_for and (spoken_for[place].meaning.refuses or not spoken_for[place].meaning.near):
            each = spoken_for[place]
            alone = all(spoken_for.get(other) is each or typed[other].surface in STOP_WORDS for other in kept)
            understood = _meant(each, typed, known, vocabulary, alone) if place == each.first else ()
            outside = True
        elif word:
            understood = (word,)
        else:
            outside = token.term in vocabulary.names.place or place in spoken_for
            is_read = is_fixed(token.term) or not (token.folded in ORDINARY or _is_acronym(token, text))
            guessed = typo and not outside and is_read
            understood = guess(token, known_terms, vocabulary, last) if guessed else ()
        if not understood and not outside:
            ignored.append(token.surface)
        for each_word in understood:
            words.setdefault(each_word.terms, each_word)
            if not each_word.stop:
                asked[tuple(vocabulary.terms[term] for term in each_word.terms)] = each_word.idf
        if not understood and token.surface not in STOP_WORDS and place not in spoken_for:
            asked[(token.term,)] = vocabulary.unknown_idf
    return tuple(words.values()), ignored, list(asked.items())


def _is_acronym(token: Token, text: str) -> bool:
    """Whether a short word is in capitals, and the rest of the text is not (or there is no rest)."""
    typed = text[token.start : token.end]
    return typed.isupper() and len(typed) <= ACRONYM and (not text.isupper() or typed == text.strip())


def _meant(
    each: Spoken, typed: Sequence[Token], known: Sequence[Word | None], vocabulary: Vocabulary, alone: bool
) -> tuple[Word, ...]:
    """The words to search for a spoken form.

    Those that it stands for; but its own words if it stands beside others (not `alone`), the sheets hold all of them,
    what it stands for is not typed too, and it is no shortened word ("info"). One word that the sheets hold is searched
    as itself or as what it stands for. known: the words of `typed` that sheets hold, None for the others.
    """
    start, end = typed[each.first].start, typed[each.last].end
    places = [place for place in range(each.first, each.last + 1) if typed[place].surface not in STOP_WORDS]
    own = [word for place in places if (word := known[place]) and not each.meaning.refuses]
    meaning = "" if each.meaning.near else each.meaning.words
    meant = [token for token in tokens(meaning) if token.surface not in STOP_WORDS]
    numbers = dict.fromkeys(vocabulary.numbers[token.term] for token in meant if token.term in vocabulary.numbers)
    is_typed = {token.term for token in meant} <= {token.term for token in typed}
    shortened = not alone and _is_shortened(own, meant)
    if own and len(own) == len(places) and not alone and not is_typed and not shortened:
        return tuple(own)
    if own and not shortened and len(places) == 1:
        telling = [vocabulary.numbers.get(token.term) for token in meant if token.folded not in WISHES]
        terms = tuple(dict.fromkeys((*own[0].terms, *(number for number in telling if number is not None))))
        return (Word(start, end, terms, own[0].idf, own[0].surface, own[0].guesses),)
    return tuple(Word(start, end, (number,), float(vocabulary.idf[number])) for number in numbers) or tuple(own)


def _is_shortened(own: Sequence[Word], meant: Sequence[Token]) -> bool:
    """Whether one word, held by sheets, begins the one word that it stands for ("info", "informatique")."""
    if len(own) != 1 or len(meant) != 1:
        return False
    whole, short = meant[0].surface, own[0].surface
    return len(whole) > len(short) and whole.startswith(short)


def _meant_by_names(
    asked: Sequence[Asking],
    said: Sequence[Spoken],
    typed: Sequence[Token],
    kept: Collection[int],
    vocabulary: Vocabulary,
) -> tuple[dict[int, float], Leads]:
    """The documents of which a title stands whole in the query, and those to which names lead."""
    every = vocabulary.names
    ordinary = frozenset(token.term for token in typed if token.folded in ORDINARY or token.term.startswith(YEARS))
    own = {token.term for token in typed}
    meant = {token.term for each in said for token in tokens(each.meaning.words)} - own
    whole = name_matching.whole(every, [[term for term in terms if term not in meant] for terms, _ in asked], ordinary)
    found = [name_matching.leads(every, asked, LEAST_LIKE)]
    for each in said:
        share = _share(each, typed, kept, vocabulary)
        if share >= LEAST_LED:
            worth = share * (NEAR if each.meaning.near else MEANT)
            found.append(name_matching.scaled(name_matching.of_jobs(every, each.meaning.jobs), worth))
    led = name_matching.together(found)
    # Whoever types the title of a sheet gets that sheet first: other leads count less beside it.
    return whole, name_matching.at_least(name_matching.scaled(led, BESIDE_TITLE) if whole else led, LEAST_LED)


def _share(each: Spoken, typed: Sequence[Token], kept: Collection[int], vocabulary: Vocabulary) -> float:
    """How much of the weight of the query the words of a spoken form are: 0 to 1."""
    own = range(each.first, each.last + 1)

    def weight(places: Iterable[int]) -> float:
        return sum(_weight(typed[place], vocabulary) for place in places if typed[place].surface not in STOP_WORDS)

    spoken_for = weight(own)
    return spoken_for / (spoken_for + weight(place for place in kept if place not in own))


def _outside(asked: Sequence[Asking], vocabulary: Vocabulary) -> float:
    """The weight of the words that no sheet holds."""
    return sum(weight for terms, weight in asked if vocabulary.numbers.keys().isdisjoint(terms))


def _unled(telling: Sequence[Token], is_some_read: bool, vocabulary: Vocabulary) -> list[str]:
    """The words to tell as ignored if no name leads to a sheet.

    If nothing else is read: all. If something is: those that names from outside hold and no sheet does.
    """
    outside = [token.surface for token in telling if token.term in vocabulary.names.place]
    unheld = [token.surface for token in telling if token.term not in vocabulary.numbers]
    return [each for each in unheld if each in outside] if is_some_read else [token.surface for token in telling]


def _only_near(typed: Sequence[Token], text: str, leads: Leads, vocabulary: Vocabulary) -> tuple[ReadSpan, ...]:
    """The reading that no sheet is about the job, only near ones, if names lead by ROME codes alone; else nothing."""
    if not len(leads.docs) or not name_matching.by_code_alone(leads, vocabulary.names):
        return ()
    first, last = typed[0].start, typed[-1].end
    return (ReadSpan("near", first, last, text[first:last]),)


def _offered(typed: Sequence[Token], ignored: Collection[str], vocabulary: Vocabulary) -> tuple[Correction, ...]:
    """For the words that nothing holds, what may have been meant: too far to be searched unasked."""
    unheld = {token.surface: token.folded for token in typed if token.surface in ignored and not is_fixed(token.term)}
    far = ((surface, spelling.far(vocabulary.spellings, folded)) for surface, folded in unheld.items())
    return tuple(Correction(surface, vocabulary.shown.get(word, word)) for surface, word in far if word)


def _weight(token: Token, vocabulary: Vocabulary) -> float:
    """The idf of a word, that of an unknown one if no sheet holds it."""
    number = vocabulary.numbers.get(token.term)
    return vocabulary.unknown_idf if number is None else float(vocabulary.idf[number])


def _signs(text: str) -> list[str]:
    """The visible pieces of a text without a word ("???"), at most MAX_WORDS: told as ignored."""
    pieces = dict.fromkeys(text.split())
    return [each for each in pieces if any(letter.isprintable() for letter in each)][:MAX_WORDS]


def _most_telling(words: Sequence[Token], vocabulary: Vocabulary) -> list[Token]:
    """The words that are searched, in their order.

    Every word of a text of at most MAX_WORDS words. Of a longer text MAX_WORDS different words: the rarest on the
    sheets first, then those that no sheet holds, then stop words.
    """
    if len(words) <= MAX_WORDS:
        return list(words)
    distinct: dict[str, Token] = {}
    for token in words:
        distinct.setdefault(token.term, token)

    def says(token: Token) -> tuple[bool, float]:
        number = vocabulary.numbers.get(token.term)
        return token.surface not in STOP_WORDS, -1.0 if number is None else float(vocabulary.idf[number])

    kept = sorted(distinct.values(), key=says, reverse=True)[:MAX_WORDS]
    return sorted(kept, key=lambda token: token.start)


def _numbers(phrase: Sequence[Token], vocabulary: Vocabulary) -> tuple[int, ...]:
    """The term numbers of a phrase in order; () if no sheet holds one of its words."""
    numbers = [vocabulary.numbers.get(token.term) for token in phrase]
    return tuple(number for number in numbers if number is not None) if None not in numbers else ()


def _shorts(typed: Sequence[Token], vocabulary: Vocabulary) -> list[tuple[int, ...]]:
    """For each word, the term numbers that may stand for it together with its neighbours: short forms, joined words."""
    found: list[list[int]] = [[] for _ in typed]
    spans = list(vocabulary.equivalents.spans(typed))
    for place, (left, right) in enumerate(pairwise(typed)):
        if left.surface not in STOP_WORDS and right.surface not in STOP_WORDS:
            spans.append(Span(place, place + 1, stem(left.folded + right.folded)))
    for span in spans:
        number = vocabulary.numbers.get(span.term)
        if number is not None:
            for place in range(span.first, span.last + 1):
                found[place].append(number)
    return [tuple(dict.fromkeys(numbers)) for numbers in found]


def _known(token: Token, shorts: tuple[int, ...], vocabulary: Vocabulary, typo: bool) -> Word | None:
    """The Word of a token that sheets hold, itself or in a short form; None if they do not."""
    number = vocabulary.numbers.get(token.term)
    if number is not None:
        stop = token.surface in STOP_WORDS
        terms = (number, *shorts)
        return Word(token.start, token.end, terms, float(vocabulary.idf[number]), token.surface, stop=stop)
    if shorts:
        return Word(token.start, token.end, shorts, float(vocabulary.idf[shorts[0]]))
    return without_article(token, vocabulary) if typo else None


def understanding(plan: Plan, held: Callable[[Word], Iterable[bool]], partial: bool) -> Understanding:
    """How the words were read, as readers are told.

    held: of each term of a word, whether the best sheet holds it. Of several guesses the first that this sheet holds is
    told; the first of all if it holds none. partial: whether no sheet holds all the words.
    """
    chosen: dict[int, str] = {}
    corrections: dict[int, Correction] = {}
    for word in plan.words:
        if not word.guesses:
            continue
        guess = word.guesses[0]
        if len(word.guesses) > 1:
            guess = next((each for each, holds in zip(word.guesses, held(word), strict=False) if holds), guess)
        chosen[word.start] = f"{chosen[word.start]} {guess}" if word.start in chosen else guess
        corrections[word.start] = Correction(plan.text[word.start : word.end], chosen[word.start])
    return Understanding(
        text=rewritten(plan, chosen),
        corrections=tuple(corrections.values()),
        ignored=plan.ignored,
        partial_match=partial,
        excluded=plan.exclusions,
        left_out=plan.left_out,
        readings=tuple(each.reading(plan.text) for each in plan.readings),
        offered=plan.offered,
    )


def rewritten(plan: Plan, chosen: Mapping[int, str]) -> str:
    """The text of a query with other words in it: `chosen`, by the place where the word begins that each replaces."""
    if not chosen:
        return plan.text
    ends = {word.start: word.end for word in plan.words}
    text = plan.text
    for start in sorted(chosen, reverse=True):
        text = text[:start] + chosen[start] + text[ends[start] :]
    return text
