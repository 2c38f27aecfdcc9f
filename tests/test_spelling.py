"""Words that were probably meant."""

import pytest

from search.french.spelling import Spellings, by_sound, far, near, sounding, table

DOCUMENTS = {
    "boucher": 9, "bouche": 40, "boulanger": 7, "mecanicien": 30, "mecanique": 80, "vendeur": 20, "verte": 3,
    "modiste": 2, "mosaiste": 3, "orateur": 2, "operateur": 60, "ski": 12, "patissier": 5, "caissier": 6, "cle": 4,
    "developpeur": 10, "enveloppeur": 1, "éàü": 1,
}  # fmt: skip
TITLES = {"boucher", "boulanger", "mecanicien", "modiste", "mosaiste", "operateur", "patissier", "caissier", "vendeur"}


@pytest.fixture(scope="module")
def words() -> Spellings:
    words = sorted(DOCUMENTS)
    return Spellings(table(words, DOCUMENTS, TITLES), tuple(words))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("boulangre", "boulanger"),  # two letters swapped
        ("boulager", "boulanger"),  # one missing
        ("boullanger", "boulanger"),  # one too many
        ("boulamger", "boulanger"),  # one for another
        ("mecanicein", "mecanicien"),
        ("dveloppur", "developpeur"),  # two edits in a long word
        ("skii", "ski"),
    ],
)
def test_one_edit_is_forgiven(typed: str, meant: str, words: Spellings) -> None:
    assert near(words, typed) == (meant,)


def test_two_edits_are_forgiven_from_eight_letters_only(words: Spellings) -> None:
    assert near(words, "vndeurr") == ()
    assert near(words, "boulabgeer") == ("boulanger",)


def test_fewer_edits_may_be_asked_for(words: Spellings) -> None:
    assert near(words, "dveloppur", edits=1) == ()


def test_three_letters_are_never_corrected(words: Spellings) -> None:
    assert near(words, "clé") == near(words, "skj") == ()


def test_the_nearest_wins_whatever_its_frequency(words: Spellings) -> None:
    assert near(words, "mecaniquen") == ("mecanique",)


def test_words_of_titles_win_over_commoner_ones(words: Spellings) -> None:
    assert near(words, "bouchee") == ("boucher",)
    assert near(words, "oprateur") == ("operateur",)


def test_the_same_first_letter_wins(words: Spellings) -> None:
    assert near(words, "paissier") == ("patissier",)


def test_equals_come_the_commonest_first(words: Spellings) -> None:
    assert near(words, "mosiste") == ("mosaiste", "modiste")


def test_no_more_than_asked_for(words: Spellings) -> None:
    assert near(words, "mosiste", limit=1) == ("mosaiste",)


def test_any_text_is_survived(words: Spellings) -> None:
    for typed in ("", "a" * 10_000, "日本語日本語", "\ud800abcd", "1234"):
        assert near(words, typed) == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("poucher", "boucher"),  # near, but it begins otherwise
        ("boulaanjher", "boulanger"),  # three edits
        ("ski", ""),  # nothing is near
        ("licorne", ""),
    ],
)
def test_a_word_too_far_to_be_taken_for_another_is_offered(typed: str, meant: str, words: Spellings) -> None:
    assert far(words, typed) == meant


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fotografe", "photographe"), ("kosmonote", "cosmonaute"), ("jeologue", "geologue"),
        ("psikologue", "psychologue"), ("arkeologue", "archeologue"), ("orkestre", "orchestre"),
        ("musissien", "musicien"), ("otel", "hotel"), ("mekanissien", "mecanicien"), ("chorale", "chorrale"),
    ],
)  # fmt: skip
def test_words_that_are_heard_alike_sound_the_same(one: str, other: str) -> None:
    assert sounding(one) == sounding(other)


@pytest.mark.parametrize(("one", "other"), [("boucher", "boulanger"), ("ski", "sport"), ("chercheur", "quercheur")])
def test_words_that_are_heard_apart_do_not(one: str, other: str) -> None:
    assert sounding(one) != sounding(other)


def test_short_sounds_tell_nothing() -> None:
    sounds = by_sound(("hotel", "photographe"), {})
    assert sounding("otel") not in sounds
    assert sounds[sounding("fotografe")] == ("photographe",)


def test_a_cedilla_is_heard() -> None:
    assert by_sound(("macon", "maison"), {"macon": "maçon"})[sounding("masson")] == ("macon",)
