"""The map of the sheets."""

import numpy as np

from search.embedded import map_layout


def groups_of_ten() -> tuple[list[list[int]], list[str]]:
    """Forty sheets of four domains, each near the others of its own."""
    groups = [f"domaine {number // 10}" for number in range(40)]
    near = [
        [other for other in range(40) if groups[other] == groups[number] and other != number] for number in range(40)
    ]
    return near, groups


def test_sheets_of_one_domain_stand_nearer_than_those_of_others() -> None:
    near, groups = groups_of_ten()
    place = map_layout.table(near, groups).place
    distance = np.linalg.norm(place[:, None] - place[None, :], axis=2)
    same = np.array([[one == other for other in groups] for one in groups])
    assert distance[same].mean() < distance[~same].mean() / 2


def test_every_place_is_inside_the_map() -> None:
    place = map_layout.table(*groups_of_ten()).place
    assert place.shape == (40, 2)
    assert place.min() >= 0.0
    assert place.max() <= 1.0


def test_the_same_sheets_give_the_same_map() -> None:
    assert np.array_equal(map_layout.table(*groups_of_ten()).place, map_layout.table(*groups_of_ten()).place)


def test_a_single_sheet_and_none_at_all_have_a_map() -> None:
    assert map_layout.table([[]], [""]).place.shape == (1, 2)
    assert map_layout.table([], []).place.shape == (0, 2)


def test_too_many_sheets_have_no_map() -> None:
    count = map_layout.MOST + 1
    assert map_layout.table([[]] * count, [""] * count).place.shape == (0, 2)
