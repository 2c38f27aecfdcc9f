"""How a reader's words are understood."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engines import opened, rebuilt
from hypothesis import given
from hypothesis import strategies as st
from made_up import fiche

from search.embedded.engine import EmbeddedEngine
from search.engine import Engine, Understanding
from search.folding import fold
from search.french.plan import Plan
from search.french.tokens import tokens
from search.french.understanding import read
from search.french.vocabulary import Vocabulary
from search.query import MAX_PHRASES, MAX_WORDS, Query

FICHES = (
    fiche(1, "mécanicien/ne auto", presentation="Il répare les moteurs, en BTS ou bac + 2, code H1203."),
    fiche(2, "vendeur/euse", presentation="La vente, au marché ou en boutique, sous la voûte verte, à l'hôtel."),
    fiche(3, "e-sportif", presentation="Un sportif de haut niveau, en 3D."),
    fiche(4, "agent de sécurité", presentation="Où veille l'agent ? Sur le site. On y écrit, on y décrète."),
    fiche(5, "chef de projet", presentation="Le chef du pro et de l'éjection, ingénieur parfois."),
    fiche(6, "ingénieur nucléaire", presentation="La mise en scène du risque."),
    fiche(7, "conducteur routier", presentation="La route, 2 fois."),
    fiche(8, "orateur", presentation="Il parle."),
    fiche(9, "opérateur de tri", presentation="L'opérateur trie."),
    fiche(10, "conducteur de train", presentation="Le train."),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reading") / "index"
    rebuilt(EmbeddedEngine(folder), FICHES)
    return folder


@pytest.fixture(scope="module")
def vocabulary(folder: Path) -> Vocabulary:
    return opened(folder).vocabulary


@pytest.fixture(scope="module")
def understood(folder: Path) -> Iterator[Callable[[str], Understanding]]:
    engine: Engine = EmbeddedEngine(folder)
    yield lambda text: engine.search(Query(text=text)).understanding
    engine.close()


def guesses(plan: Plan) -> list[tuple[str, ...]]:
    return [word.guesses for word in plan.words if word.guesses]


def terms(plan: Plan, vocabulary: Vocabulary) -> list[str]:
    names = {number: term for term, number in vocabulary.numbers.items()}
    return [names[word.terms[0]] for word in plan.words]


def test_a_known_word_is_itself(vocabulary: Vocabulary) -> None:
    plan = read("vendeuse boutique", vocabulary)
    assert terms(plan, vocabulary) == ["vendeur", "boutique"]
    assert guesses(plan) == []


@pytest.mark.parametrize("text", ["vente", "site", "route", "chef"])
def test_known_words_are_never_corrected(text: str, vocabulary: Vocabulary) -> None:
    assert guesses(read(text, vocabulary)) == []
    assert terms(read(text, vocabulary), vocabulary) == [tokens(text)[0].term]


@pytest.mark.parametrize("text", ["H1204", "MET.77", "FOR.12", "bac + 3", "1203", "2025", "4D", "c++", "r&d"])
def test_codes_and_numbers_are_never_corrected_nor_expanded(text: str, vocabulary: Vocabulary) -> None:
    plan = read(text, vocabulary)
    assert plan.words == ()
    assert len(plan.ignored) == 1


def test_a_typing_error_is_forgiven_and_shown_with_its_accents(understood: Callable[[str], Understanding]) -> None:
    told = understood("mecanicein")
    assert told.text == "mécanicien"
    assert [(each.typed, each.understood) for each in told.corrections] == [("mecanicein", "mécanicien")]


def test_the_rest_of_the_text_stays_as_typed(understood: Callable[[str], Understanding]) -> None:
    assert understood("Ignenieur NUCLEAIRE !").text == "ingénieur NUCLEAIRE !"


def test_a_correction_goes_with_the_other_words(vocabulary: Vocabulary) -> None:
    assert guesses(read("opératrice de trin", vocabulary)) == [("tri",)]
    assert guesses(read("conducteurs de trin", vocabulary)) == [("train",)]


def test_without_other_words_all_that_are_as_near_are_searched(vocabulary: Vocabulary) -> None:
    ((first, second),) = guesses(read("trin", vocabulary))
    assert {first, second} == {"tri", "train"}


def test_a_verb_after_an_article_is_no_correction(vocabulary: Vocabulary) -> None:
    assert guesses(read("agent de secrité", vocabulary)) == [("sécurité",)]


def test_one_edit_is_likelier_than_two_words_glued_together(vocabulary: Vocabulary) -> None:
    assert guesses(read("chef de proejt", vocabulary)) == [("projet",)]


def test_a_word_is_never_cut_in_two(vocabulary: Vocabulary) -> None:
    plan = read("conducteurroutier", vocabulary)
    assert (plan.words, plan.ignored) == ((), ("conducteurroutier",))


def test_an_acronym_in_capitals_is_never_corrected(vocabulary: Vocabulary) -> None:
    assert guesses(read("projt XPZQ", vocabulary)) == [("projet",)]
    assert read("AMPX", vocabulary).ignored == ("ampx",)


def test_a_short_word_is_corrected_to_none_that_begins_with_another_sound(vocabulary: Vocabulary) -> None:
    assert guesses(read("vrojet", vocabulary)) == []


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("bts2", ["bts", "2"]), ("BTS2", ["bts", "2"]), ("agent BTS2", ["agent", "bts", "2"]), ("2bts", ["2", "bts"]),
        ("bts2projet", ["bts", "2", "projet"]), ("7bts9", ["bts"]), ("BTS-2", ["bts", "2"]),
    ],
)  # fmt: skip
def test_letters_and_numbers_that_no_sheet_holds_together_are_read_apart(
    text: str, apart: list[str], vocabulary: Vocabulary
) -> None:
    assert terms(read(text, vocabulary), vocabulary) == apart


@pytest.mark.parametrize("text", ["3D", "3d", "h1203"])
def test_letters_and_numbers_that_a_sheet_holds_together_stay_together(text: str, vocabulary: Vocabulary) -> None:
    assert terms(read(text, vocabulary), vocabulary) == [text.lower()]


@pytest.mark.parametrize("text", ["B2B", "a2e", "X9", "XPZ-9Q"])
def test_a_letter_before_a_number_is_a_name_as_it_is(text: str, vocabulary: Vocabulary) -> None:
    assert guesses(read(text, vocabulary)) == []


@pytest.mark.parametrize("text", ["lhotel", "dhotel"])
def test_a_glued_article_is_taken_off(text: str, vocabulary: Vocabulary) -> None:
    assert guesses(read(text, vocabulary)) == [("hôtel",)]


@pytest.mark.parametrize("text", ["opérateurices", "operateurrice", "opérateureuses"])
def test_an_inclusive_contraction_is_read_as_its_masculine(text: str, vocabulary: Vocabulary) -> None:
    assert guesses(read(text, vocabulary)) == [("opérateur",)]


def test_a_hyphen_may_be_left_out(vocabulary: Vocabulary) -> None:
    assert terms(read("esportif", vocabulary), vocabulary) == ["e", "sportif"]


def test_only_the_last_word_may_be_unfinished(vocabulary: Vocabulary) -> None:
    assert guesses(read("conducteur nucl", vocabulary)) == [("nucléaire",)]
    assert read("nucl conducteur", vocabulary).ignored == ("nucl",)
    assert read("nucl ", vocabulary).ignored == ("nucl",)


def test_a_word_that_nothing_replaces_is_said_to_be_ignored(vocabulary: Vocabulary) -> None:
    plan = read("zzzzzz vendeur", vocabulary)
    assert plan.ignored == ("zzzzzz",)
    assert terms(plan, vocabulary) == ["vendeur"]


def test_the_literal_search_guesses_nothing(vocabulary: Vocabulary) -> None:
    plan = read("mecanicein lhotel nucl", vocabulary, typo=False)
    assert plan.words == ()
    assert plan.ignored == ("mecanicein", "lhotel", "nucl")


def test_a_phrase_is_searched_as_such_and_as_words(vocabulary: Vocabulary) -> None:
    plan = read('"mise en scène" risque', vocabulary)
    assert [len(phrase) for phrase in plan.phrases] == [3]
    assert terms(plan, vocabulary) == ["mise", "en", "scene", "risque"]


@pytest.mark.parametrize("text", ["« mise en scène »", "“mise en scène”", '"mise en scène"'])
def test_any_quotes_make_a_phrase(text: str, vocabulary: Vocabulary) -> None:
    assert len(read(text, vocabulary).phrases) == 1


@pytest.mark.parametrize("text", ['"mise en scène', 'mise en scène"', '"', '""', '" "', '"""'])
def test_quotes_that_do_not_close_are_nothing(text: str, vocabulary: Vocabulary) -> None:
    plan = read(text, vocabulary)
    assert plan.phrases == ()
    assert not plan.impossible
    assert terms(plan, vocabulary) == [token.term for token in tokens(text)]


def test_a_phrase_with_an_unknown_word_finds_nothing(vocabulary: Vocabulary) -> None:
    assert read('"mise en zzzzzz"', vocabulary).impossible


def test_a_word_after_a_minus_is_excluded(vocabulary: Vocabulary) -> None:
    plan = read("vente -boutique", vocabulary)
    assert terms(plan, vocabulary) == ["vente"]
    assert plan.excluded == ((vocabulary.numbers["boutique"],),)


@pytest.mark.parametrize("minus", ["-", "−"])
def test_a_phrase_after_a_minus_is_excluded(vocabulary: Vocabulary, minus: str) -> None:
    plan = read(f'risque {minus}"mise en scène"', vocabulary)
    assert terms(plan, vocabulary) == ["risque"]
    assert [len(phrase) for phrase in plan.excluded] == [3]
    assert plan.phrases == ()


def test_a_hyphen_inside_a_word_excludes_nothing(vocabulary: Vocabulary) -> None:
    assert read("e-sportif", vocabulary).excluded == read("vente - boutique", vocabulary).excluded == ()


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("vente -boutique", [("-boutique", "boutique", "vente boutique")]),
        ("vente -boutique -risque -boutique", [
            ("-boutique", "boutique", "vente boutique -risque boutique"),
            ("-risque", "risque", "vente -boutique risque -boutique"),
        ]),
        ('risque -"mise en scène"', [('-"mise en scène"', "mise en scène", 'risque "mise en scène"')]),
        ("vente -zzzzzz", [("-zzzzzz", "zzzzzz", "vente zzzzzz")]),
        ("e-sportif", []),
    ],
)  # fmt: skip
def test_an_exclusion_is_said_with_the_text_that_undoes_it(
    text: str, excluded: list[tuple[str, str, str]], vocabulary: Vocabulary
) -> None:
    told = read(text, vocabulary).exclusions
    assert [(each.typed, each.words, each.text) for each in told] == excluded
    for each in told:
        assert each.typed not in {left.typed for left in read(each.text, vocabulary).exclusions}


@pytest.mark.parametrize("text", ["???", "*", "🩺", "- - -", '"???"', "h/f", "« »", "…"])
def test_signs_alone_are_said_to_be_on_no_sheet(text: str, vocabulary: Vocabulary) -> None:
    plan = read(text, vocabulary)
    assert plan.ignored == tuple(dict.fromkeys(text.split()))
    assert not plan.words


@pytest.mark.parametrize("text", ["", "   ", "-zzzzzz", '-"zzzzzz"'])
def test_no_words_and_exclusions_alone_ignore_nothing(text: str, vocabulary: Vocabulary) -> None:
    assert read(text, vocabulary).ignored == ()


def test_phrases_and_exclusions_are_taken_once_and_so_many_at_most(vocabulary: Vocabulary) -> None:
    assert len(read(" ".join(["-de-la"] * 28), vocabulary).exclusions) == 1
    assert len(read(" ".join(['"de la"'] * 28), vocabulary).phrases) == 1
    many = [f"de-l{letter}" for letter in "abcdefghijklmnop"[: MAX_PHRASES + 2]]
    plan = read(" ".join(f"-{each}" for each in many), vocabulary)
    assert len(plan.exclusions) == MAX_PHRASES
    assert plan.left_out == tuple(f"-{each}" for each in many[MAX_PHRASES:])
    long = read(f'"{"mise en scène " * MAX_WORDS}"', vocabulary)
    assert [len(phrase) for phrase in long.phrases] == [MAX_WORDS]
    assert len(long.left_out) == 2 * MAX_WORDS


def test_of_a_long_text_the_most_telling_words_are_kept_and_the_others_told(vocabulary: Vocabulary) -> None:
    fillers = ["dans", "pour", "avec", "sans", "sous"] * 10
    rare = ["boutique", "risque", "scène"]
    plan = read(
        " ".join(
            [
                *fillers,
                *(f"zzzz{chr(97 + number)}" for number in range(26)),
                *(f"yyyy{chr(97 + number)}" for number in range(26)),
                *rare,
            ]
        ),
        vocabulary,
    )
    assert {vocabulary.numbers[each] for each in ("boutique", "risque", "scene")} <= {
        word.terms[0] for word in plan.words
    }
    assert len(plan.words) + len(plan.ignored) <= MAX_WORDS
    assert "dans" in plan.left_out
    assert "yyyyz" in plan.left_out
    assert not set(plan.left_out) & {*rare, *plan.ignored}


def test_excluding_an_unknown_word_excludes_nothing(vocabulary: Vocabulary) -> None:
    plan = read("vente -zzzzzz", vocabulary)
    assert plan.excluded == ()
    assert plan.ignored == ()


def test_stop_words_alone_are_searched(understood: Callable[[str], Understanding], vocabulary: Vocabulary) -> None:
    plan = read("de la", vocabulary)
    assert plan.words
    assert all(word.stop for word in plan.words)


def test_accents_make_a_word_of_a_stop_word(vocabulary: Vocabulary) -> None:
    assert [word.stop for word in read("où", vocabulary).words] == [False]
    assert [word.stop for word in read("sur", vocabulary).words] == [True]


def test_an_empty_query_is_an_empty_plan(vocabulary: Vocabulary) -> None:
    for text in ("", "   ", "\u200b"):
        assert read(text, vocabulary) == Plan(text)


def test_a_long_paste_is_read_to_its_last_allowed_word(vocabulary: Vocabulary) -> None:
    plan = read(" ".join(f"zzzz{chr(97 + number)}" for number in range(26)) + " vente" * 20, vocabulary)
    assert len(plan.ignored) == 26
    assert terms(plan, vocabulary) == ["vente"]
    assert plan.left_out == ()


def test_a_word_said_twice_counts_once(vocabulary: Vocabulary) -> None:
    assert terms(read("vente Vente VENTES", vocabulary), vocabulary) == ["vente"]


@given(st.text(max_size=200))
def test_any_text_is_read(vocabulary: Vocabulary, text: str) -> None:
    plan = read(text, vocabulary)
    assert len(plan.words) <= 2 * MAX_WORDS
    assert all(0 <= word.start < word.end <= len(text) for word in plan.words)
    assert all(len(word.guesses) in (0, len(word.terms)) for word in plan.words)


@given(st.lists(st.sampled_from(["vente", '"', "-", " ", "«", "mise en", "boutiqe", "l'", "+", "3"]), max_size=30))
def test_any_punctuation_is_read(vocabulary: Vocabulary, pieces: list[str]) -> None:
    read("".join(pieces), vocabulary)


def test_no_known_word_of_the_corpus_is_ever_corrected(corpus_index: Path) -> None:
    vocabulary = opened(corpus_index).vocabulary
    assert [form for form in vocabulary.shown.values() if guesses(read(form, vocabulary))] == []
    assert [word for word in vocabulary.words if guesses(read(word, vocabulary))] == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("mecanicein", "mécanicien"),
        ("ignenieur nucleaire", "ingénieur nucleaire"),
        ("conducteur de trin", "conducteur de train"),
        ("chef de proejt", "chef de projet"),
        ("agent de secrité", "agent de sécurité"),
        ("moniteur de skii", "moniteur de ski"),
        ("soin animeaux", "soin animaux"),
        ("garde forstier", "garde forestier"),
        ("oprateur", "opérateur"),
        ("pilote de lgne", "pilote de ligne"),
        ("vente", "vente"),
        ("vigile", "vigile"),
    ],
)
def test_what_readers_mean_is_understood(typed: str, meant: str, corpus_engine: Engine) -> None:
    assert corpus_engine.search(Query(text=typed)).understanding.text == meant


def test_a_job_advert_pasted_finds_its_job(corpus_engine: Engine) -> None:
    advert = (
        "Boulangerie artisanale recherche un boulanger ou une boulangère pour pétrir, façonner et cuire le pain,"
        " dès 4 h du matin, CAP exigé, débutant accepté, deux jours de repos par semaine."
    )
    assert fold(corpus_engine.search(Query(text=advert[:200])).hits[0].fiche.title).startswith("boulanger")
