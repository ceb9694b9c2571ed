"""`krets item` by hand."""

from pathlib import Path
from typing import get_args

from node.commands.item import ConditionName
from node.sheets import Condition
from tests.commands.running import granted, krets


def test_an_item_is_added_with_everything_said_about_it(home: Path) -> None:
    added = granted(
        "item", "add", "Kontorstol, svart", "--quantity", 24, "--condition", "good", "--location", "Rådhuset, 3. etg",
        "--unit", "Plan og bygg", "--serial-number", "S1", "--inventory-number", "AK1", "--mass-grams", 15400,
        "--gone-by", "18.12.2026", "--notes", "hjul", home=home,
    )["item"]  # fmt: skip

    shown = granted("item", "show", added["id"], home=home)["item"]

    assert shown == added
    assert (shown["name"], shown["quantity"], shown["condition"]) == ("Kontorstol, svart", 24, "good")
    assert shown["category_iri"] == "https://w3id.org/krets/category/office-chair"
    assert (shown["location_text"], shown["unit_text"]) == ("Rådhuset, 3. etg", "Plan og bygg")
    assert (shown["serial_number"], shown["inventory_number"]) == ("S1", "AK1")
    assert (shown["mass_grams"], shown["gone_by_on"], shown["notes"]) == (15400, "2026-12-18", "hjul")


def test_an_item_is_found_by_its_iri_too(home: Path) -> None:
    added = granted("item", "add", "Sofa", home=home)["item"]

    assert granted("item", "show", added["iri"], home=home)["item"] == added


def test_a_category_may_be_a_word_a_short_name_or_an_address(home: Path) -> None:
    said = ("kontorstol", "office-chair", "Office Chair", "https://w3id.org/krets/category/office-chair")

    found = {granted("item", "add", "Thing", "--category", one, home=home)["item"]["category_iri"] for one in said}

    assert found == {"https://w3id.org/krets/category/office-chair"}


def test_edit_changes_what_is_named_and_nothing_else(home: Path) -> None:
    added = granted("item", "add", "Sofa", "--quantity", 2, "--notes", "green", home=home)["item"]

    edited = granted("item", "edit", added["id"], "--quantity", 3, "--name", "Sofa, wool", home=home)["item"]

    assert {name for name in added if added[name] != edited[name]} <= {"quantity", "name", "edited_at"}
    assert (edited["quantity"], edited["name"], edited["notes"]) == (3, "Sofa, wool", "green")


def test_a_removed_item_is_listed_only_among_the_removed(home: Path) -> None:
    added = granted("item", "add", "Sofa", home=home)["item"]

    removed = granted("item", "remove", added["id"], home=home)["item"]

    assert removed["removed_at"] is not None
    assert granted("item", "list", home=home)["items"] == []
    assert [item["id"] for item in granted("item", "list", "--removed", home=home)["items"]] == [added["id"]]


def test_the_list_narrows_by_words_and_says_when_there_is_more(home: Path) -> None:
    for name in ("Red chair", "Blue chair", "Sofa"):
        granted("item", "add", name, home=home)

    chairs = granted("item", "list", "chair", home=home)
    first = granted("item", "list", "--limit", 1, home=home)

    assert [item["name"] for item in chairs["items"]] == ["Red chair", "Blue chair"]
    assert (len(first["items"]), first["more"], chairs["more"]) == (1, True, False)


def test_the_list_for_people_is_a_table_without_colours_and_without_broken_lines(home: Path) -> None:
    name = "A very long name of a thing that nobody would ever want to read in full " * 2
    granted("item", "add", name.strip(), "--location", "A" * 100, home=home)

    outcome = krets("item", "list", home=home)

    assert "\x1b" not in outcome.out
    rows = [line for line in outcome.out.splitlines() if "A very long name" in line]
    assert len(rows) == 1
    assert "A" * 100 in rows[0]


def test_an_empty_list_says_what_to_do(home: Path) -> None:
    outcome = krets("item", "list", home=home)

    assert outcome.out == "Nothing here. Add something: krets item add NAME, or krets item import FILE.\n"


def test_more_than_the_limit_is_said_to_people(home: Path) -> None:
    for name in ("Red chair", "Blue chair"):
        granted("item", "add", name, home=home)

    outcome = krets("item", "list", "--limit", "1", home=home)

    assert "There are more than 1" in outcome.err


def test_people_are_told_of_a_removal_and_of_a_missing_category(home: Path) -> None:
    added = granted("item", "add", "Zzyzx", home=home)["item"]

    shown = krets("item", "show", added["id"], home=home)
    removed = krets("item", "remove", added["id"], home=home)

    assert "set --category before offering it" in shown.out
    assert removed.out == f"Removed item {added['id']}: Zzyzx.\n"


def test_the_conditions_are_those_that_imports_recognise() -> None:
    assert set(get_args(ConditionName)) == set(Condition)
