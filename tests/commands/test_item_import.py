"""`krets item import`: files as they come, into the database and out again."""

import subprocess
import sys
import threading
from pathlib import Path

import openpyxl
import pytest

from tests.commands.running import dump_domain, granted, krets
from tests.commands.test_help import REPOSITORY
from tests.shared_files import shared_file

NORWEGIAN = "Inventarnr;Betegnelse;Antall;Tilstand;Vekt (kg);Må være borte innen\r\n"
ROWS = (
    "A1;Kontorstol, blå;4;god;15,4;18.12.2026\r\n"
    "A2;Skrivebord;1;slitt;28;\r\n"
    ";Arkivskap;2;;;\r\n"
    ";Arkivskap;2;;;\r\n"
)  # fmt: skip
BAD_ROW = "A3;Tavle;noen få;god;;\r\n"
COUNTS = ("read", "imported", "unchanged", "rejected")


def write(folder: Path, text: str, *, encoding: str = "cp1252", name: str = "list.csv") -> Path:
    """A file as an office program leaves it."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def counts(document: dict[str, object]) -> tuple[object, ...]:
    """The four numbers."""
    return tuple(document[name] for name in COUNTS)


def test_a_file_is_imported_and_its_values_are_read_back(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, NORWEGIAN + ROWS)

    imported = granted("item", "import", path, home=home)

    assert imported == {"read": 4, "imported": 4, "unchanged": 0, "rejected": 0, "rejects_file": None}
    chair, desk, *cabinets = granted("item", "list", home=home)["items"]
    assert (chair["name"], chair["quantity"], chair["condition"]) == ("Kontorstol, blå", 4, "good")
    assert (chair["mass_grams"], chair["gone_by_on"]) == (15400, "2026-12-18")
    assert chair["category_iri"].endswith("/office-chair")
    assert (desk["mass_grams"], desk["condition"]) == (28000, "worn")
    assert [cabinet["quantity"] for cabinet in cabinets] == [2, 2]


def test_importing_again_changes_nothing(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, NORWEGIAN + ROWS)
    granted("item", "import", path, home=home)
    before = dump_domain(home)

    again = granted("item", "import", path, home=home)

    assert counts(again) == (4, 0, 4, 0)
    assert dump_domain(home) == before


def test_importing_again_keeps_what_a_person_has_changed_since(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, NORWEGIAN + ROWS)
    granted("item", "import", path, home=home)
    granted("item", "edit", 1, "--quantity", 3, "--name", "Kontorstol, rød", home=home)

    granted("item", "import", path, home=home)

    item = granted("item", "show", 1, home=home)["item"]
    assert (item["quantity"], item["name"]) == (3, "Kontorstol, rød")


def test_rows_that_cannot_be_read_go_to_a_file_beside_with_line_and_reason(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, NORWEGIAN + ROWS + BAD_ROW)

    imported = granted("item", "import", path, home=home)

    assert counts(imported) == (5, 4, 0, 1)
    assert imported["rejects_file"] == str(tmp_path / "list.csv.rejected.csv")
    lines = (tmp_path / "list.csv.rejected.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("line;reason;Inventarnr;")
    assert lines[1].startswith("6;")
    assert "noen få" in lines[1]


def test_a_corrected_file_of_rejects_can_be_imported(home: Path, tmp_path: Path) -> None:
    granted("item", "import", write(tmp_path, NORWEGIAN + ROWS + BAD_ROW), home=home)
    rejects = tmp_path / "list.csv.rejected.csv"
    rejects.write_text(rejects.read_text(encoding="utf-8-sig").replace("noen få", "3"), encoding="utf-8-sig")

    imported = granted("item", "import", rejects, home=home)

    assert counts(imported) == (1, 1, 0, 0)


def test_a_file_of_rejects_that_somebody_is_correcting_is_not_overwritten(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, NORWEGIAN + ROWS + BAD_ROW)
    granted("item", "import", path, home=home)
    same = granted("item", "import", path, home=home)["rejects_file"]
    (tmp_path / "list.csv.rejected.csv").write_text("corrected", encoding="utf-8")

    other = granted("item", "import", path, home=home)["rejects_file"]

    assert same == str(tmp_path / "list.csv.rejected.csv")
    assert other == str(tmp_path / "list.csv.rejected-2.csv")
    assert (tmp_path / "list.csv.rejected.csv").read_text(encoding="utf-8") == "corrected"


def test_where_the_folder_of_the_file_cannot_be_written_the_nodes_folder_takes_the_rejects(
    home: Path, tmp_path: Path
) -> None:
    with write(tmp_path, NORWEGIAN + ROWS + BAD_ROW).open("rb") as file:
        # Nobody, root included, can make a file beside this one.
        imported = granted("item", "import", f"/proc/self/fd/{file.fileno()}", home=home)

    assert Path(imported["rejects_file"]).parent == home
    assert Path(imported["rejects_file"]).is_file()


def test_a_dry_run_says_what_would_happen_and_changes_nothing(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, NORWEGIAN + ROWS + BAD_ROW)
    before = dump_domain(home)

    dry = granted("item", "import", path, "--dry-run", home=home)
    told = krets("item", "import", path, "--dry-run", home=home)

    assert counts(dry) == (5, 4, 0, 1)
    assert dry["rejects_file"] is None
    assert "4 would be imported" in told.out
    assert dump_domain(home) == before
    assert [each.name for each in tmp_path.iterdir() if "rejected" in each.name] == []


def test_a_column_may_be_said_to_be_a_field(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "Navn,Hvor mange der er,Farge\nStol,7,blå\n", encoding="utf-8")

    granted("item", "import", path, "--map", "Hvor mange der er=quantity", "--map", "Farge=notes", home=home)

    item = granted("item", "show", 1, home=home)["item"]
    assert (item["name"], item["quantity"], item["notes"]) == ("Stol", 7, "blå")


def test_a_field_that_does_not_exist_is_refused_with_those_that_do(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, NORWEGIAN + ROWS)

    outcome = krets("item", "import", path, "--map", "Antall=colour", home=home)

    assert outcome.exit_code == 1
    assert outcome.err.count("\n") == 1
    assert "inventory_number" in outcome.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02", "list.csv"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"Navn;Antall\r\n", "no rows"),
        (b"Navn;Antall\r\nStol;mange\r\nBord;flere\r\n", "None of the 2 rows"),
    ],
)
def test_a_file_of_which_nothing_can_be_read_is_refused(content: bytes, says: str, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    before = dump_domain(home)

    outcome = krets("item", "import", path, home=home)
    as_json = krets("item", "import", path, "--json", home=home)

    assert outcome.exit_code == as_json.exit_code == 1
    assert outcome.err.count("\n") == 1
    assert says in outcome.err
    assert as_json.document["error"]["code"] == "unreadable"
    assert dump_domain(home) == before


def test_where_no_row_can_be_read_the_json_has_the_counts_too(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "Navn;Antall\r\nStol;mange\r\n")

    outcome = krets("item", "import", path, "--json", home=home)

    assert counts(outcome.document) == (1, 0, 0, 1)
    assert Path(outcome.document["rejects_file"]).is_file()


def test_people_see_how_the_file_was_understood_and_how_to_take_it_back(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, NORWEGIAN.replace("\r\n", ";Farge\r\n") + ROWS.replace("\r\n", ";blå\r\n") + BAD_ROW)

    outcome = krets("item", "import", path, home=home)

    assert "5 rows read: 4 imported, 0 known already, 1 rejected." in outcome.out
    assert "krets item import-undo 1" in outcome.out
    assert "windows-1252 with semicolons" in outcome.err
    assert "Antall → quantity" in outcome.err
    assert "Columns not read: Farge" in outcome.err
    assert "Line 6 rejected" in outcome.err


def test_a_file_without_a_column_of_quantities_says_what_its_rows_count(home: Path, tmp_path: Path) -> None:
    without = krets("item", "import", write(tmp_path, "Navn\r\nStol\r\n", name="a.csv"), "--json", home=home)
    with_it = krets("item", "import", write(tmp_path, "Navn;Ant.\r\nBord;2\r\n", name="b.csv"), home=home)

    assert "each row counts as 1" in without.err
    assert set(without.document) == {*COUNTS, "rejects_file"}
    assert "each row counts as 1" not in with_it.err


def test_importing_again_with_a_map_adds_nothing_and_advises_to_take_the_first_import_back(
    home: Path, tmp_path: Path
) -> None:
    path = write(tmp_path, "Navn;Hvor mye\r\nStol;24\r\nBord;6 stk\r\n")
    first = krets("item", "import", path, home=home)

    again = krets("item", "import", path, home=home)
    mapped = granted("item", "import", path, "--map", "Hvor mye=quantity", home=home)
    numbered = granted("item", "import", path, "--map", "Hvor mye=serial_number", home=home)

    assert "To read one: --map" in first.err
    assert "To read one: first take the import before back with krets item import-undo, then --map" in again.err
    assert counts(mapped) == counts(numbered) == (2, 0, 2, 0)


def test_known_rows_that_differ_are_named_and_nothing_is_changed(home: Path, tmp_path: Path) -> None:
    granted("item", "import", write(tmp_path, NORWEGIAN + ROWS), home=home)
    before = dump_domain(home)
    changed = ROWS.replace("blå;4;god;15,4", "rød;9;god;15,5").replace("slitt;28", ";29")

    again = krets("item", "import", write(tmp_path, NORWEGIAN + changed), "--json", home=home)

    assert counts(again.document) == (4, 0, 4, 0)
    assert (
        "2 known rows differ from the inventory, where nothing was changed: A1 (name, quantity, mass); A2 (mass). "
        "To change an item: krets item edit."
    ) in again.err
    assert dump_domain(home) == before


def test_what_a_known_row_does_not_say_and_what_was_removed_is_no_difference(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "Inventarnr;Navn;Type\r\nA1;Stol;\r\nA2;Bord;skrivebord\r\n")
    granted("item", "import", path, home=home)
    granted("item", "edit", 1, "--quantity", 4, "--category", "desk", "--notes", "talt", home=home)
    granted("item", "edit", 2, "--name", "Pult", home=home)
    granted("item", "remove", 2, home=home)

    again = krets("item", "import", path, home=home)

    assert "2 known already" in again.out
    assert "differ" not in again.err


def test_many_differing_rows_are_not_all_named(home: Path, tmp_path: Path) -> None:
    rows = "".join(f"A{number};Stol;1;;;\r\n" for number in range(8))
    granted("item", "import", write(tmp_path, NORWEGIAN + rows), home=home)

    outcome = krets("item", "import", write(tmp_path, NORWEGIAN + rows.replace(";1;", ";2;")), home=home)

    assert outcome.err.count("(quantity)") == 5
    assert "8 known rows differ" in outcome.err
    assert "and 3 more." in outcome.err


def test_lists_that_count_their_rows_from_1_are_all_imported(home: Path, tmp_path: Path) -> None:
    for name in ("Stol", "Bord"):
        path = write(tmp_path, f"Id;Navn;Antall\r\n1;{name};2\r\n2;{name} liten;2\r\n", name=f"{name}.csv")

        assert counts(granted("item", "import", path, home=home)) == (2, 2, 0, 0)


def test_a_row_is_known_by_the_number_of_an_item_made_or_numbered_by_hand(home: Path, tmp_path: Path) -> None:
    granted("item", "add", "Stol", "--inventory-number", "A77", home=home)
    granted("item", "add", "Skjerm", "--serial-number", "S1", home=home)
    granted("item", "add", "Skap", home=home)
    granted("item", "edit", 3, "--inventory-number", "A78", home=home)
    granted("item", "add", "Sofa", "--inventory-number", "A79", home=home)
    granted("item", "remove", 4, home=home)
    rows = "A77;;Stol\r\nA80;S1;Skjerm\r\n;S1;Skjerm\r\nA78;;Skap\r\nA79;;Sofa\r\n;;Benk\r\n"

    dry = granted("item", "import", write(tmp_path, "Inventarnr;Serienr;Navn\r\n" + rows), "--dry-run", home=home)
    imported = granted("item", "import", write(tmp_path, "Inventarnr;Serienr;Navn\r\n" + rows), home=home)

    assert counts(dry) == counts(imported) == (6, 2, 4, 0)
    assert [item["name"] for item in granted("item", "list", home=home)["items"]] == [
        *("Stol", "Skjerm", "Skap", "Sofa", "Benk"),
    ]


def test_two_rows_of_one_file_that_share_a_serial_number_are_two_things(home: Path, tmp_path: Path) -> None:
    filler = "".join(f"B{number};;Stol\r\n" for number in range(600))
    path = write(tmp_path, f"Inventarnr;Serienr;Navn\r\n;S1;Skjerm\r\n{filler}A1;S1;Skjerm\r\n")

    first = granted("item", "import", path, home=home)
    again = granted("item", "import", path, home=home)

    assert (counts(first), counts(again)) == ((602, 602, 0, 0), (602, 0, 602, 0))


def test_words_that_no_field_takes_are_kept_in_the_notes(home: Path, tmp_path: Path) -> None:
    header = "Navn;Type;Tilstand;Status;Merknad\r\n"
    rows = "Stol;Rokokko;Noe ripete, ellers fin;Til avhending;blå\r\nSkrivebord;skrivebord;god;;\r\n"
    granted("item", "import", write(tmp_path, header + rows), home=home)

    chair, desk = granted("item", "list", home=home)["items"]

    assert chair["notes"] == "blå\nType: Rokokko\nTilstand: Noe ripete, ellers fin\nStatus: Til avhending"
    assert desk["notes"] is None


def test_a_kept_word_never_makes_the_notes_too_long(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, f"Navn;Tilstand;Merknad\r\nStol;Noe ripete;{'x' * 4990}\r\n")

    granted("item", "import", path, home=home)

    assert granted("item", "show", 1, home=home)["item"]["notes"] == "x" * 4990 + "\nTilstand:"


def test_many_rejected_rows_are_not_all_named_on_the_screen(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, NORWEGIAN + ROWS + BAD_ROW.replace("A3", "") * 20)

    outcome = krets("item", "import", path, home=home)

    assert outcome.err.count("rejected:") == 5
    assert "... and 15 more." in outcome.err


def test_a_workbook_is_imported(home: Path, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    for row in (("Nimike", "Määrä"), ("Työtuoli", 6), ("Sohva", 1)):
        workbook.active.append(row)
    workbook.save(tmp_path / "lista.xlsx")

    imported = granted("item", "import", tmp_path / "lista.xlsx", home=home)

    assert counts(imported) == (2, 2, 0, 0)
    assert [item["quantity"] for item in granted("item", "list", home=home)["items"]] == [6, 1]


def test_the_sheets_of_a_workbook_are_named_and_can_be_chosen(home: Path, tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    for row in (("Navn", "Antall"), ("Stol", 6)):
        workbook.active.append(row)
    for floor in ("1. etg", "2. etg"):
        page = workbook.create_sheet(floor)
        for row in (("Navn", "Antall"), (f"Bord {floor}", 2)):
            page.append(row)
    workbook.save(tmp_path / "liste.xlsx")

    first = krets("item", "import", tmp_path / "liste.xlsx", "--json", home=home)
    granted("item", "import", tmp_path / "liste.xlsx", "--sheet", "2. ETG", home=home)
    missing = krets("item", "import", tmp_path / "liste.xlsx", "--sheet", "3. etg", home=home)

    assert "Sheet read: Sheet. Not read: 1. etg; 2. etg. To read one of those: --sheet NAME." in first.err
    assert [item["name"] for item in granted("item", "list", home=home)["items"]] == ["Stol", "Bord 2. etg"]
    assert (missing.exit_code, missing.err.count("\n")) == (1, 1)


def test_undo_takes_the_newest_import_back_but_what_has_been_used_since(home: Path, tmp_path: Path) -> None:
    granted("item", "import", write(tmp_path, NORWEGIAN + ROWS), home=home)
    granted("item", "edit", 2, "--quantity", 5, home=home)
    granted("offer", "publish", 1, "--quantity", 1, home=home)

    undone = granted("item", "import-undo", home=home)["undone"]

    assert (undone["removed"], undone["kept"], undone["file_name"]) == (2, 2, "list.csv")
    assert [item["id"] for item in granted("item", "list", home=home)["items"]] == [1, 2]


def test_undo_says_what_it_did_and_does_not_do_it_twice(home: Path, tmp_path: Path) -> None:
    granted("item", "import", write(tmp_path, NORWEGIAN + ROWS), home=home)
    granted("item", "edit", 2, "--quantity", 5, home=home)

    first = krets("item", "import-undo", "1", home=home)
    second = krets("item", "import-undo", "1", home=home)

    assert first.out == ("Took back import 1 of list.csv: 3 items removed. 1 stays, because it has been used since.\n")
    assert (second.exit_code, second.err.count("\n")) == (1, 1)


def test_a_long_file_is_imported_in_several_transactions(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "Navn;Antall\r\n" + "".join(f"Stol {number};1\r\n" for number in range(1200)))

    imported = granted("item", "import", path, home=home)

    assert counts(imported) == (1200, 1200, 0, 0)


def test_two_imports_at_once_and_a_person_beside_them_lose_nothing(home: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "cli", "item"]
    paths = []
    for part in range(2):
        rows = "".join(f"P{part}-{number};Stol;1;;;\r\n" for number in range(700))
        paths.append(write(tmp_path, NORWEGIAN + rows, name=f"part-{part}.csv"))
    importing = [
        subprocess.Popen([*words, "import", str(path), "--home", str(home)], cwd=REPOSITORY, stdout=subprocess.PIPE)
        for path in paths
    ]
    adding = threading.Thread(
        target=lambda: [granted("item", "add", f"Sofa {number}", home=home) for number in range(10)]
    )

    adding.start()
    adding.join()
    codes = [process.wait(60) for process in importing]

    for process in importing:
        assert process.stdout is not None
        process.stdout.close()
    items = granted("item", "list", "--limit", "5000", home=home)["items"]
    assert codes == [0, 0]
    assert len(items) == 1410
    assert len({item["id"] for item in items}) == 1410


@pytest.mark.parametrize(("name", "rows"), [("asset-export-nordic-excel.csv", 600), ("furniture-list.csv", 14)])
def test_the_shared_files_are_imported_without_any_option(name: str, rows: int, home: Path, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(shared_file("data", name).read_bytes())

    first = granted("item", "import", path, home=home)
    again = granted("item", "import", path, home=home)

    assert counts(first) == (rows, rows, 0, 0)
    assert counts(again) == (rows, 0, rows, 0)


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8", ","), ("utf-16", "\t"), ("utf-8-sig", ";")])
def test_files_in_other_shapes_give_the_same_item(encoding: str, delimiter: str, home: Path, tmp_path: Path) -> None:
    text = f"Namn{delimiter}Antal{delimiter}Skick\nKontorsstol ångad{delimiter}4{delimiter}gott\n"

    granted("item", "import", write(tmp_path, text, encoding=encoding), home=home)

    item = granted("item", "show", 1, home=home)["item"]
    assert (item["name"], item["quantity"], item["condition"]) == ("Kontorsstol ångad", 4, "good")
