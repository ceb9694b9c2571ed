"""`krets item import` that is stopped half-way, by a person or by the disk: what is in, and how to take it back."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from tests.commands.running import granted, krets
from tests.commands.test_help import REPOSITORY
from tests.commands.test_item_import import write


def break_inserting(home: Path, *, name: str) -> None:
    """Make the disk full when an item of this name is written."""
    with closing(sqlite3.connect(home / "krets.db")) as connection:
        connection.execute(
            f"CREATE TRIGGER full BEFORE INSERT ON items WHEN NEW.name = '{name}'"
            " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
        connection.commit()


def test_an_import_that_fails_half_way_says_what_is_in_and_how_to_take_it_back(home: Path, tmp_path: Path) -> None:
    granted("item", "import", write(tmp_path, "Navn\r\nBenk\r\n", name="first.csv"), home=home)
    path = write(tmp_path, "Navn\r\n" + "".join(f"Stol {number}\r\n" for number in range(1200)))
    break_inserting(home, name="Stol 700")

    outcome = krets("item", "import", path, "--json", home=home)
    undone = granted("item", "import-undo", home=home)["undone"]

    assert outcome.exit_code == 1
    assert outcome.document["error"]["code"] == "database"
    assert (outcome.document["imported"], outcome.document["batch_id"]) == (500, 2)
    assert outcome.document["error"]["message"].endswith(
        "Make room on the disk, then try again. 500 of 1200 rows are imported, as import 2; importing the file again "
        "brings the rest, krets item import-undo 2 takes them back."
    )
    assert (undone["batch_id"], undone["removed"]) == (2, 500)


def test_an_import_that_brought_nothing_in_is_not_the_one_that_is_taken_back(home: Path, tmp_path: Path) -> None:
    granted("item", "import", write(tmp_path, "Navn\r\nBenk\r\n", name="first.csv"), home=home)
    break_inserting(home, name="Stol")

    outcome = krets("item", "import", write(tmp_path, "Navn\r\nStol\r\n"), home=home)
    undone = granted("item", "import-undo", home=home)["undone"]

    assert outcome.exit_code == 1
    assert outcome.err.count("\n") == 1
    assert "Nothing has been imported." in outcome.err
    assert undone["file_name"] == "first.csv"


def test_an_interrupted_import_says_what_is_in_and_how_to_take_it_back(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "Navn\r\n" + "".join(f"Stol {number}\r\n" for number in range(40_000)))
    importing = subprocess.Popen(
        [sys.executable, "-m", "cli", "item", "import", str(path), "--json", "--home", str(home)],
        cwd=REPOSITORY, stdout=subprocess.PIPE,
    )  # fmt: skip

    with closing(sqlite3.connect(home / "krets.db")) as connection:
        while importing.poll() is None and not connection.execute("SELECT count(*) FROM items").fetchone()[0]:
            time.sleep(0.01)
        importing.send_signal(signal.SIGINT)
        out, _ = importing.communicate(timeout=60)
        count = connection.execute("SELECT count(*) FROM items").fetchone()[0]
    document = json.loads(out)

    assert importing.returncode == 130
    assert document["error"]["code"] == "interrupted"
    assert document["imported"] == count < 40_000
    assert f"Stopped. {count} of 40000 rows are imported, as import 1;" in document["error"]["message"]
