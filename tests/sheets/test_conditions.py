"""Conditions: the words of five languages, and what a status says of them."""

import pytest

from node.sheets import Condition
from node.sheets.conditions import find_condition, find_condition_in_status
from tests.sheets.reading import only_row


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("ny", Condition.NEW),
        ("NY!", Condition.NEW),
        ("Oanvänd", Condition.NEW),
        ("käyttämätön", Condition.NEW),
        ("Som ny", Condition.AS_NEW),
        ("nyskick", Condition.AS_NEW),
        ("like-new", Condition.AS_NEW),
        ("god", Condition.GOOD),
        ("I god stand", Condition.GOOD),
        ("Gott skick", Condition.GOOD),
        ("hyvässä kunnossa", Condition.GOOD),
        ("kunnossa", Condition.GOOD),
        ("brukt", Condition.WORN),
        ("Använt skick", Condition.WORN),
        ("SLIDT", Condition.WORN),
        ("Defekt", Condition.NEEDS_REPAIR),
        ("sønder", Condition.NEEDS_REPAIR),
        ("rikki", Condition.NEEDS_REPAIR),
        ("needs repair", Condition.NEEDS_REPAIR),
        ("B", Condition.GOOD),
        ("ukjent", None),
        ("hva som helst", None),
        ("???", None),
    ],
)
def test_a_condition_is_understood_in_five_languages(text: str, condition: Condition | None) -> None:
    assert find_condition(text) is condition


@pytest.mark.parametrize("condition", Condition)
def test_each_step_is_understood_by_its_own_name(condition: Condition) -> None:
    assert find_condition(condition.value) is condition


def test_an_unknown_word_is_kept_and_is_no_error() -> None:
    row = only_row("Navn;Tilstand:;Type;Status", "Seng;må sjekkes av teknisk;noe rart;Til avhending")

    assert (row.condition, row.condition_text) == (None, "må sjekkes av teknisk")
    assert row.words_kept == ("Tilstand: må sjekkes av teknisk", "Status: Til avhending")
    assert row.category_kept == "Type: noe rart"


@pytest.mark.parametrize(
    ("condition", "status", "kept"),
    [
        ("god", "", ()),
        ("ukjent", "-", ()),
        ("", "Defekt", ()),
        ("defekt", "Defekt", ()),
        ("god", "Defekt", ("Status: Defekt",)),
        ("", "I bruk", ("Status: I bruk",)),
    ],
)
def test_words_that_are_understood_or_say_nothing_are_not_kept(
    condition: str, status: str, kept: tuple[str, ...]
) -> None:
    assert only_row("Navn;Tilstand;Status", f"Stol;{condition};{status}").words_kept == kept


@pytest.mark.parametrize(
    ("status", "condition"),
    [
        ("Defekt", Condition.NEEDS_REPAIR),
        ("Trasig", Condition.NEEDS_REPAIR),
        ("I bruk", None),
        ("På lager", None),
        ("Ny", None),
        ("OK", None),
    ],
)
def test_a_status_says_no_more_of_the_condition_than_that_a_thing_is_broken(
    status: str, condition: Condition | None
) -> None:
    assert find_condition_in_status(status) is condition


@pytest.mark.parametrize(
    ("condition", "status", "read"),
    [
        ("god", "Defekt", Condition.GOOD),
        ("ukjent", "Defekt", None),
        ("", "Defekt", Condition.NEEDS_REPAIR),
        ("", "I bruk", None),
        ("", "", None),
    ],
)
def test_what_stands_in_the_condition_column_goes_before_the_status(
    condition: str, status: str, read: Condition | None
) -> None:
    row = only_row("Navn;Tilstand;Status", f"Stol;{condition};{status}")

    assert row.condition is read
    assert row.status_text == (status or None)
