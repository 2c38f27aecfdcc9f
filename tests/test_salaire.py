"""A beginner's salary, read from the words of a sheet."""

import pytest
from steps import grows_evenly, of_function, of_match

from search.fiche import Salaire
from search.sources import salaire
from search.sources.salaire import read


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("A partir de 2667 euros brut par mois", 2667, None),
        ("À partir de 2 667 € bruts par mois, hors primes", 2667, None),
        ("Entre 1900 et 2300 euros brut par mois, hors primes", 1900, 2300),
        ("Entre 3000 et 2500 euros brut par mois", 2500, 3000),
        ("De 800 à 1700 euros brut par mois. Certains frais peuvent être pris en charge", 800, 1700),
        ("1532 euros brut par mois, hébergement et nourriture pris en charge", 1532, 1532),
        ("A partir de 4100 euros brut par mois, dans le privé\nA partir de 2462 euros brut par mois", 2462, None),
        ("Entre 2500 et 3250 euros brut par mois\nEntre 3250 et 8000 euros brut par mois", 2500, 8000),
        ("Entre 2000 et 3492 euros brut par mois\nA partir de 3333 euros brut par mois", 2000, None),
        ("A partir de 2160 euros brut par mois, en début de carrière, 5969 euros brut par mois en fin", 2160, None),
    ],
)
def test_gross_euros_a_month_are_read(text: str, low: int, high: int | None) -> None:
    assert read(text) == Salaire(text, low, high)


@pytest.mark.parametrize(
    "text",
    [
        "Variable en fonction du lieu d'exercice",
        "993 euros brut par semaine de 39 heures",
        "Entre 80 et 90 euros brut le forfait journalier",
        "De 250 à 350 euros brut par jour pour une croisière",
        "un salaire hebdomadaire minimal de 1 479 euros brut (base de 39h)",
        "Variable. Par exemple, 5000 euros brut pour un documentaire",
        "À partir du Smic",
    ],
)
def test_other_amounts_are_words_only(text: str) -> None:
    assert read(text) == Salaire(text, None, None)


@pytest.mark.parametrize("piece", ["9", "9 ", "A partir de ", "Entre 1 et ", "De 250 à ", " "])
def test_hostile_text_takes_no_more_steps_than_its_length_says(piece: str) -> None:
    assert grows_evenly(lambda text: of_function(read, text) + of_match(salaire._MONTHLY, text), piece)
