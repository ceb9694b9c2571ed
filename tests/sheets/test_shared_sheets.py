"""The two files that real offices gave: exact counts and spot values, without any option."""

from collections import Counter
from datetime import date

from node.sheets import Condition, Sheet, read_sheet
from tests.shared_files import shared_file


def read_shared(name: str) -> Sheet:
    return read_sheet(shared_file("data", name).read_bytes(), file_name=name, columns={})


def test_the_nordic_asset_export_reads_600_rows_and_rejects_none() -> None:
    sheet = read_shared("asset-export-nordic-excel.csv")

    assert (sheet.encoding, sheet.delimiter) == ("windows-1252", ";")
    assert (sheet.read, len(sheet.rows), sheet.rejected) == (600, 600, ())
    assert [column.field for column in sheet.columns] == [
        *("inventory_number", "serial_number", "category", "maker", "model", "unit", "location", "acquired"),
        *("purchase_price", "mass", "status", "notes"),
    ]


def test_the_nordic_asset_export_says_what_it_says() -> None:
    rows = read_shared("asset-export-nordic-excel.csv").rows
    by_number = {row.inventory_number: row for row in rows}
    first, quoted, heavy = by_number["AK100000"], by_number["AK100006"], by_number["AK100029"]

    assert (first.line, first.identity, first.name) == (2, "inventory:AK100000", "Lenovo V310-15ISK")
    assert (first.serial_number, first.category_text, first.unit_text) == (
        "N9TQHVTK",
        "Bærbar PC",
        "Røyken ungdomsskole",
    )
    assert (first.acquired_on, first.purchase_price_minor, first.mass_grams) == (date(2023, 3, 8), 1_377_700, 2100)
    assert (first.location_text, first.notes, first.condition, first.quantity) == (None, None, None, None)
    assert (quoted.notes, quoted.condition, quoted.status_text) == ('"Ny" disk 2021', Condition.NEEDS_REPAIR, "Defekt")
    assert (heavy.mass_grams, heavy.purchase_price_minor) == (11_730, 233_100)
    assert by_number["AK100004"].notes == "Skjerm med ripe; ellers ok"
    assert by_number["AK100009"].mass_grams == 1792
    assert by_number["AK100038"].mass_grams == 304


def test_the_nordic_asset_export_has_the_gaps_it_has() -> None:
    rows = read_shared("asset-export-nordic-excel.csv").rows

    assert len({row.identity for row in rows}) == 600
    assert sum(row.serial_number is None for row in rows) == 27
    assert sum(row.mass_grams is None for row in rows) == 85
    assert sum(row.location_text is None for row in rows) == 120
    assert sum(row.notes is None for row in rows) == 269
    assert Counter(row.status_text for row in rows if row.condition is Condition.NEEDS_REPAIR) == {"Defekt": 82}
    assert all(row.acquired_on and row.purchase_price_minor and not row.purchase_price_minor % 100 for row in rows)


def test_the_furniture_list_reads_14_rows_and_rejects_none() -> None:
    sheet = read_shared("furniture-list.csv")

    assert (sheet.encoding, sheet.delimiter) == ("utf-8", ",")
    assert (sheet.read, len(sheet.rows), sheet.rejected) == (14, 14, ())
    assert [column.field for column in sheet.columns] == [
        *(
            "name",
            "quantity",
            "category",
            "condition",
            "location",
            "gone_by",
            "height",
            "width",
            "depth",
            "mass",
            "notes",
        )
    ]


def test_the_furniture_list_says_what_it_says() -> None:
    rows = {row.name: row for row in read_shared("furniture-list.csv").rows}
    desk, chair = rows["Hev/senk skrivebord 160x80, bjørk"], rows["Stablestol blå"]
    table, bed = rows["Møtebord oval 8 pers"], rows["Sykehusseng, elektrisk"]

    assert sum(row.quantity or 0 for row in rows.values()) == 446
    assert (desk.quantity, desk.width_mm, desk.depth_mm, desk.height_mm) == (18, 1600, 800, None)
    assert (desk.gone_by_on, desk.condition) == (date(2026, 12, 18), Condition.GOOD)
    assert (chair.quantity, chair.mass_grams, chair.gone_by_on, chair.notes) == (120, 5200, None, "på tralle")
    assert (table.condition, table.height_mm) == (Condition.WORN, 730)
    assert (bed.condition, bed.condition_text, bed.notes) == (None, "ukjent", "må sjekkes av teknisk")
    assert all(row.identity.startswith("row:") and row.identity.endswith(":1") for row in rows.values())
