"""Items by hand and by sheet, and taking an import back."""

from dataclasses import replace
from datetime import date

import pytest

from node.domain.outcomes import RefusedError
from node.operations.edit_inventory import (
    AddItem,
    EditItem,
    ItemChanges,
    RemoveItem,
    add_item,
    edit_item,
    remove_item,
)
from node.operations.import_items import ImportRows, UndoImport, import_rows, start_import, undo_import
from node.operations.publish_proposal import (
    EditOffer,
    PublishNeed,
    PublishOffer,
    WithdrawProposal,
    edit_offer,
    publish_need,
    publish_offer,
    withdraw_proposal,
)
from node.sheets import ImportRow, read_sheet
from node.store import audit, items
from protocol.vocabulary import Purpose, Tier
from tests.cast import Town
from tests.operations.steps import chairs, item_at, offer

SHEET = """inventory number;name;type;quantity;notes
A1;Kontorstol Capisco;kontorstol;4;svart
A2;Lenovo V310;bærbar PC;1;
;Pult;skrivebord;2;
;Pult;skrivebord;2;
"""


def rows(text: str = SHEET) -> tuple[ImportRow, ...]:
    """The rows of a sheet."""
    return read_sheet(text.encode(), file_name="list.csv", columns={}).rows


def imported(town: Town, text: str = SHEET) -> int:
    """A whole import; its number."""
    batch_id = town.run(start_import, "list.csv")
    town.run(import_rows, ImportRows(batch_id=batch_id, rows=rows(text)))
    return batch_id


def test_an_item_gets_its_category_from_its_name(asker: Town) -> None:
    item = asker.run(add_item, AddItem(item=ItemChanges(name="Kontorstol", quantity=3)))

    assert item.category_iri is not None
    assert item.category_iri.endswith("/office-chair")
    assert (item.quantity, item.free) == (3, 3)


def test_an_item_of_no_known_category_is_kept_without_one(asker: Town) -> None:
    item = asker.run(add_item, AddItem(item=ItemChanges(name="Ting")))

    assert (item.category_iri, item.quantity) == (None, 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (ItemChanges(), "name"),
        (ItemChanges(name="  "), "name"),
        (ItemChanges(name="x" * 201), "name"),
        (ItemChanges(name="Stol", quantity=-1), "quantity"),
        (ItemChanges(name="Stol", quantity=1_000_000_001), "quantity"),
        (ItemChanges(name="Stol", mass_grams=0), "mass_grams"),
        (ItemChanges(name="Stol", notes="x" * 5001), "notes"),
        (ItemChanges(name="Stol", category="bicycle"), "category"),
    ],
)
def test_an_impossible_item_is_refused_and_nothing_is_stored(asker: Town, changes: ItemChanges, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        asker.run(add_item, AddItem(item=changes))

    assert refused.value.refused.code == code
    assert items.list_items(asker.connection, words=None, removed=False, limit=10) == []


def test_an_item_can_be_edited_and_the_rest_of_it_stays(asker: Town) -> None:
    item = chairs(asker)

    edited = asker.run(
        edit_item,
        EditItem(
            item_ref=item.iri, changes=ItemChanges(location_text="Lager 2", gone_by_on=date(2026, 12, 18), quantity=30)
        ),
    )

    assert (edited.name, edited.location_text, edited.quantity) == (item.name, "Lager 2", 30)
    assert edited.gone_by_on == date(2026, 12, 18)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (ItemChanges(), "nothing"),
        (ItemChanges(quantity=23), "offered"),
        (ItemChanges(category="desk"), "offered"),
    ],
)
def test_what_is_on_offer_cannot_be_edited_away(asker: Town, changes: ItemChanges, code: str) -> None:
    entry = offer(asker, quantity=24)

    with pytest.raises(RefusedError) as refused:
        asker.run(edit_item, EditItem(item_ref=str(entry.item_id), changes=changes))

    assert refused.value.refused.code == code


def test_an_item_is_removed_once_and_only_when_nothing_of_it_is_on_offer(asker: Town) -> None:
    entry = offer(asker)
    with pytest.raises(RefusedError) as offered:
        asker.run(remove_item, RemoveItem(item_ref=str(entry.item_id)))
    asker.run(withdraw_proposal, WithdrawProposal(reference=str(entry.id), purpose=Purpose.OFFER))

    removed = asker.run(remove_item, RemoveItem(item_ref=str(entry.item_id)))

    assert offered.value.refused.code == "offered"
    assert removed.removed_at is not None
    with pytest.raises(RefusedError) as again:
        asker.run(remove_item, RemoveItem(item_ref=str(entry.item_id)))
    assert again.value.refused.code == "removed"


def test_an_unknown_item_is_refused_with_the_command_that_lists_them(asker: Town) -> None:
    with pytest.raises(RefusedError) as refused:
        asker.run(remove_item, RemoveItem(item_ref="99"))

    assert "krets item list" in refused.value.refused.safe_text


def test_a_sheet_becomes_items_and_equal_rows_are_separate_ones(asker: Town) -> None:
    imported(asker)

    listed = items.list_items(asker.connection, words=None, removed=False, limit=10)
    assert [(item.name, item.quantity) for item in listed] == [
        ("Kontorstol Capisco", 4),
        ("Lenovo V310", 1),
        ("Pult", 2),
        ("Pult", 2),
    ]
    assert listed[1].category_iri is not None
    assert listed[1].category_iri.endswith("/laptop")


def test_importing_again_changes_nothing_not_even_what_a_person_edited(asker: Town) -> None:
    imported(asker)
    asker.run(edit_item, EditItem(item_ref="1", changes=ItemChanges(quantity=9, notes="talt på nytt")))
    before = items.list_items(asker.connection, words=None, removed=False, limit=10)

    batch_id = asker.run(start_import, "list.csv")
    again = asker.run(import_rows, ImportRows(batch_id=batch_id, rows=rows()))

    assert (again.imported, again.unchanged) == (0, 4)
    assert items.list_items(asker.connection, words=None, removed=False, limit=10) == before


def test_an_item_that_was_removed_does_not_come_back_with_its_sheet(asker: Town) -> None:
    imported(asker)
    asker.run(remove_item, RemoveItem(item_ref="1"))

    imported(asker)

    assert [item.id for item in items.list_items(asker.connection, words=None, removed=False, limit=10)] == [2, 3, 4]


def test_taking_an_import_back_keeps_what_somebody_has_used_since(asker: Town) -> None:
    batch_id = imported(asker)
    asker.run(edit_item, EditItem(item_ref="2", changes=ItemChanges(notes="min")))
    asker.run(publish_offer, PublishOffer(item_ref="1", quantity=1, tier=Tier.OWN, gone_by_on=None, minimum=None))

    undone = asker.run(undo_import, UndoImport(batch_id=None))

    assert (undone.batch_id, undone.removed, undone.kept) == (batch_id, 2, 2)
    with pytest.raises(RefusedError) as again:
        asker.run(undo_import, UndoImport(batch_id=batch_id))
    assert again.value.refused.code == "undone"
    with pytest.raises(RefusedError) as none_left:
        asker.run(undo_import, UndoImport(batch_id=None))
    assert none_left.value.refused.code == "not-found"


def test_after_taking_back_the_same_file_can_be_imported_anew(asker: Town) -> None:
    imported(asker)
    asker.run(undo_import, UndoImport(batch_id=None))

    imported(asker)

    assert len(items.list_items(asker.connection, words=None, removed=False, limit=10)) == 4


def test_words_with_wildcards_are_searched_as_they_stand(asker: Town) -> None:
    asker.run(add_item, AddItem(item=ItemChanges(name="100 % ull")))
    asker.run(add_item, AddItem(item=ItemChanges(name="100 kroner")))

    found = items.list_items(asker.connection, words="100 %", removed=False, limit=10)

    assert [item.name for item in found] == ["100 % ull"]


@pytest.mark.parametrize("tier", [Tier.PARTNERS, Tier.ORGANISATIONS, Tier.PUBLIC])
def test_a_laptop_cannot_leave_the_organisation_by_any_way(asker: Town, tier: Tier) -> None:
    laptop = asker.run(add_item, AddItem(item=ItemChanges(name="Laptop Dell", category="laptop")))

    with pytest.raises(RefusedError) as published:
        asker.run(
            publish_offer,
            PublishOffer(item_ref=str(laptop.id), quantity=1, tier=tier, gone_by_on=None, minimum=None),
        )
    inside = asker.run(
        publish_offer,
        PublishOffer(item_ref=str(laptop.id), quantity=1, tier=Tier.OWN, gone_by_on=None, minimum=None),
    )
    with pytest.raises(RefusedError) as widened:
        asker.run(edit_offer, EditOffer(offer_ref=inside.iri, quantity=None, tier=tier, gone_by_on=None))

    assert published.value.refused.code == widened.value.refused.code == "bears-data"


def test_an_offer_within_the_organisation_tells_no_feed(asker: Town) -> None:
    offer(asker, tier=Tier.OWN)

    assert asker.connection.execute("SELECT count(*) FROM feed_entries").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (EditOffer(offer_ref="1", quantity=None, tier=None, gone_by_on=None), "nothing"),
        (EditOffer(offer_ref="1", quantity=0, tier=None, gone_by_on=None), "quantity"),
        (EditOffer(offer_ref="1", quantity=25, tier=None, gone_by_on=None), "quantity"),
        (EditOffer(offer_ref="1", quantity=None, tier=None, gone_by_on=date(2026, 11, 22)), "date"),
        (EditOffer(offer_ref="2", quantity=1, tier=None, gone_by_on=None), "not-found"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(asker: Town, command: EditOffer, code: str) -> None:
    offer(asker, quantity=24)

    with pytest.raises(RefusedError) as refused:
        asker.run(edit_offer, command)

    assert refused.value.refused.code == code


def test_an_offer_withdrawn_twice_is_refused_the_second_time(asker: Town) -> None:
    entry = offer(asker)
    asker.run(withdraw_proposal, WithdrawProposal(reference=entry.iri, purpose=Purpose.OFFER))

    with pytest.raises(RefusedError) as refused:
        asker.run(withdraw_proposal, WithdrawProposal(reference=entry.iri, purpose=Purpose.OFFER))

    assert refused.value.refused.code == "withdrawn"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"text": " "}, "text"),
        ({"text": "x" * 201}, "text"),
        ({"quantity": 0}, "quantity"),
        ({"text": "noe rart"}, "category"),
        ({"by_on": date(2026, 11, 1)}, "date"),
    ],
)
def test_a_need_that_cannot_be_understood_is_refused(asker: Town, changed: dict[str, object], code: str) -> None:
    need = PublishNeed(text="kontorstol", quantity=1, by_on=None, category=None, tier=Tier.PARTNERS)

    with pytest.raises(RefusedError) as refused:
        asker.run(publish_need, replace(need, **changed))  # type: ignore[arg-type]

    assert refused.value.refused.code == code


def test_the_smallest_part_must_lie_within_the_offer(asker: Town) -> None:
    item = chairs(asker, quantity=5)

    with pytest.raises(RefusedError) as refused:
        asker.run(
            publish_offer,
            PublishOffer(item_ref=str(item.id), quantity=5, tier=Tier.PARTNERS, gone_by_on=None, minimum=6),
        )

    assert refused.value.refused.code == "minimum"


def test_what_is_done_is_logged_newest_first(asker: Town) -> None:
    entry = offer(asker)
    asker.run(withdraw_proposal, WithdrawProposal(reference=entry.iri, purpose=Purpose.OFFER))

    log = audit.list_audit(asker.connection, limit=10)

    assert [line.action for line in log] == ["offer.withdraw", "offer.publish", "item.add"]
    assert item_at(asker, "1").offered == 0


def test_an_offer_below_its_smallest_part_is_refused_until_that_is_changed_too(asker: Town) -> None:
    item = chairs(asker, quantity=20)
    entry = asker.run(
        publish_offer,
        PublishOffer(item_ref=str(item.id), quantity=20, tier=Tier.PARTNERS, gone_by_on=None, minimum=5),
    )

    with pytest.raises(RefusedError) as refused:
        asker.run(edit_offer, EditOffer(offer_ref=entry.iri, quantity=3, tier=None, gone_by_on=None))
    edited = asker.run(edit_offer, EditOffer(offer_ref=entry.iri, quantity=3, tier=None, gone_by_on=None, minimum=2))

    assert refused.value.refused.code == "minimum"
    assert (edited.quantity, edited.minimum) == (3, 2)


@pytest.mark.parametrize("day", [date(9999, 12, 31), date(2200, 1, 1)])
def test_a_day_that_stands_for_no_end_is_refused_with_advice(asker: Town, day: date) -> None:
    item = chairs(asker)
    offered = PublishOffer(item_ref=str(item.id), quantity=1, tier=Tier.PARTNERS, gone_by_on=day, minimum=None)
    needed = PublishNeed(text="kontorstol", quantity=1, by_on=day, category=None, tier=Tier.PARTNERS)
    added = AddItem(item=ItemChanges(name="Pult", gone_by_on=day))

    for operation, command in ((publish_offer, offered), (publish_need, needed), (add_item, added)):
        with pytest.raises(RefusedError) as refused:
            asker.run(operation, command)
        assert refused.value.refused.code == "date"


@pytest.mark.parametrize("words", ["øreklokker", "STYGG Øreklokker", "a77 rådhuset", "klokker"])
def test_an_item_is_found_by_all_its_words_in_any_case_and_order(asker: Town, words: str) -> None:
    sought = ItemChanges(name="Øreklokker (stygg)", inventory_number="A77", location_text="Rådhuset")
    asker.run(add_item, AddItem(item=sought))
    asker.run(add_item, AddItem(item=ItemChanges(name="Hylle (stygg)")))

    found = items.list_items(asker.connection, words=words, removed=False, limit=10)

    assert [item.name for item in found] == ["Øreklokker (stygg)"]
