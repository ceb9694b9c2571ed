"""Bad input to every command: one line that says what is wrong, exit 1 or 2, and nothing has changed."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from node.store.failures import explain_failure
from tests.commands.running import dump_domain, krets
from tests.commands.test_help import EXPECTED


@dataclass(frozen=True, slots=True)
class BadInput:
    """Words of a command, its exit code, the code in the JSON error, and a piece of what it must say."""

    words: tuple[str, ...]
    exit_code: int
    code: str
    says: str

    def __str__(self) -> str:
        return " ".join(self.words) or "nothing"


def refused(words: str, code: str, says: str) -> BadInput:
    """Words, separated by `|` where a value has spaces, that are refused."""
    return BadInput(_split(words), 1, code, says)


def misused(words: str, says: str) -> BadInput:
    """The same for words that are wrong usage."""
    return BadInput(_split(words), 2, "usage", says)


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split("|")) if "|" in words else tuple(words.split())


LONG_NAME = "x" * 201

BAD_INPUTS = (
    misused("item add", "Missing argument 'NAME'"),
    misused("item|add| ", "it is empty"),
    misused("item|add|Bord\x07", "control character U+0007 after 'Bord'; leave that out"),
    misused("item|add|Chair|--location|3rd\x1b floor", "--location"),
    misused("item|add|Chair|--unit|\x07", "--unit"),
    misused("item|add|Chair|--serial-number|A\x9b1", "--serial-number"),
    misused("item|add|Chair|--inventory-number|A\x7f1", "--inventory-number"),
    misused("item|add|Chair|--notes|two\nlines\x08", "U+0008 after 'two\\nlines'"),
    misused("item|edit|1|--name|Bord\x07", "--name"),
    misused("item|edit|1|--notes|\x00", "--notes"),
    misused("item add Chair --quantity 0", "1<=x<=1000000000"),
    misused("item add Chair --quantity 1000000001", "1<=x<=1000000000"),
    misused("item add Chair --quantity 2.5", "--quantity"),
    misused("item add Chair --quantity -3", "--quantity"),
    misused("item add Chair --quantity 2.5", "is not a whole number"),
    refused("request make 12 --quantity 1", "not-found", "krets catalogue search"),
    misused("item add Chair --condition fine", "is not one of 'new'"),
    misused("item add Chair --gone-by tomorrow", "write it like 2026-12-18"),
    misused("item add Chair --gone-by 2026-02-30", "not a day of the calendar"),
    misused("item add Chair --mass-grams 0", "--mass-grams"),
    misused("item add Chair --colour red", "No such option"),
    misused("item add Chair Table", "unexpected extra argument"),
    refused("item add Chair --category spaceship", "category", "Choose one of: office-chair"),
    refused(f"item add {LONG_NAME}", "name", "1 to 200 characters"),
    refused(f"item add Chair --notes {'x' * 5001}", "notes", "at most 5000"),
    misused("item edit 1", "say what to change"),
    refused("item edit 99 --quantity 2", "not-found", "no item 99"),
    refused("item show 99", "not-found", "no item '99'"),
    refused("item show http://127.0.0.1:18999/items/none", "not-found", "krets item list"),
    refused("item remove 99", "not-found", "no item 99"),
    misused("item list --limit 0", "--limit"),
    misused("item import no-such-file.csv", "does not exist"),
    misused("item import .", "is a directory"),
    misused("item|import|README.md|--map|Antall", "is not COLUMN=FIELD"),
    misused("item|import|README.md|--map|=quantity", "is not COLUMN=FIELD"),
    misused("item import-undo zero", "IMPORT"),
    refused("item import-undo", "not-found", "no such import"),
    refused("item import-undo 7", "not-found", "no such import"),
    misused("offer publish 1 --tier partners", "Missing option '--quantity'"),
    misused("offer publish 1 --quantity 1 --tier everyone", "is not one of 'own', 'partners'"),
    misused("offer publish 1 --quantity 1 --gone-by 31.11.2026", "not a day of the calendar"),
    refused("offer publish 99 --quantity 1", "not-found", "no item 99"),
    refused("offer publish 1 --quantity 1 --gone-by 2020-01-01", "date", "is past"),
    refused("offer publish 1 --quantity 25", "quantity", "Only 24 of 24 are free"),
    refused("offer publish 1 --quantity 2 --minimum 3", "minimum", "smallest part"),
    refused("offer publish 2 --quantity 1 --tier partners", "bears-data", "--tier own"),
    refused("offer publish 3 --quantity 1", "no-category", "krets item edit 3 --category"),
    misused("offer edit 1", "say what to change"),
    refused("offer edit 99 --quantity 1", "not-found", "krets offer list"),
    refused("offer withdraw 99", "not-found", "krets offer list"),
    misused("offer list --limit none", "--limit"),
    misused("need publish --quantity 2", "Missing argument 'TEXT'"),
    misused("need publish Chairs", "Missing option '--quantity'"),
    misused("need|publish|Pult\x01 x|--quantity|2", "control character U+0001 after 'Pult'"),
    misused("need publish Chairs --quantity 2 --by 2026/12/18", "write it like 2026-12-18"),
    refused("need publish Chairs --quantity 2 --by 2020-01-01", "date", "is past"),
    refused("need publish Zzyzx --quantity 2", "category", "--category"),
    misused("need list --limit 0", "--limit"),
    refused("need withdraw 99", "not-found", "krets need list"),
    misused("catalogue search --near Asker", "59.83,10.44"),
    misused("catalogue search --near 95,10", "on the globe"),
    misused("catalogue search --kind loan", "is not one of 'offer', 'need'"),
    misused("catalogue search --tier some", "is not one of"),
    misused("catalogue search --within -1", "--within"),
    misused("catalogue search --within nan", "not a number"),
    refused("catalogue search --category spaceship", "category", "Choose one of"),
    misused("request make", "Missing argument 'IRI'"),
    misused("request make 1", "Missing option '--quantity'"),
    misused("request make 1 --quantity 1 --otherwise steal", "is not one of 'buy-new'"),
    misused("request make 1 --quantity 1 --wait -1", "--wait"),
    misused("request make 1 --quantity 1 --wait soon", "--wait"),
    misused("request make 1 --quantity 1 --wait nan", "not a number"),
    refused("request make https://nowhere.example/x --quantity 1", "not-found", "catalogue search"),
    misused("request list --limit x", "--limit"),
    refused("request accept 99", "not-found", "krets request list"),
    misused("request reject 99", "Missing option '--code'"),
    misused("request reject 99 --code bored", "is not one of"),
    refused("request reject 99 --code policy", "not-found", "krets request list"),
    misused(f"request reject 99 --code policy --text {'x' * 5001}", "at most 5000"),
    misused("request|reject|99|--code|policy|--text|\x07", "--text"),
    refused("request withdraw 99", "not-found", "krets request list"),
    misused("request withdraw 99 --code bored", "is not one of"),
    refused("request revoke 99", "not-found", "krets request list"),
    refused("handover give 99", "not-found", "agreement"),
    misused("handover give 99 --quantity 0", "--quantity"),
    refused("handover receive 99", "not-found", "agreement"),
    misused("handover dispute 99", "say what is wrong with --code"),
    misused("handover dispute 99 --withdraw --code damaged", "leave them out"),
    refused("handover dispute 99 --withdraw", "not-found", "agreement"),
    refused("handover dispute 99 --code damaged", "not-found", "agreement"),
    misused("handover|dispute|99|--code|damaged|--text|a\x1bb", "--text"),
    misused("agreement list --limit 0", "--limit"),
    refused("agreement show 99", "not-found", "krets agreement list"),
    refused("agreement show http://127.0.0.1:18999/agreements/none", "not-found", "krets agreement list"),
    misused("peer add", "Missing argument 'URL"),
    refused("peer|add|not an address", "unreachable", "not the address of a node"),
    refused("peer add ftp://127.0.0.1", "unreachable", "not the address of a node"),
    refused("peer add http://127.0.0.1:1", "unreachable", "could not be fetched"),
    misused("peer list --limit 0", "--limit"),
    refused("peer show 99", "not-found", "krets peer list"),
    refused("peer show https://nowhere.example", "not-found", "krets peer list"),
    misused("peer accept 99", "Missing option '--tier'"),
    misused("peer accept 99 --tier own", "is not one of 'partners'"),
    refused("peer accept 99 --tier partners", "not-found", "krets peer list"),
    refused("peer reject 99", "not-found", "krets peer list"),
    refused("peer block 99", "not-found", "krets peer list"),
    refused("peer remove 99", "not-found", "krets peer list"),
    misused("status --verbose", "No such option"),
    misused("serve --listen 8080", "must be HOST:PORT"),
    misused("serve --listen 127.0.0.1:99999", "must be HOST:PORT"),
    misused("itme list", "Did you mean 'item'"),
    misused("item lst", "Did you mean 'list'"),
)


@pytest.fixture(scope="module")
def stocked(made_node: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node with 24 chairs, a laptop, and something without a category; no command here may change it."""
    folder = Path(shutil.copytree(made_node, tmp_path_factory.mktemp("stocked") / "asker"))
    for words in (("Office chair", "--quantity", "24"), ("Laptop",), ("Zzyzx",)):
        assert krets("item", "add", *words, home=folder).exit_code == 0
    return folder


@pytest.mark.parametrize("bad", BAD_INPUTS, ids=str)
def test_bad_input_is_one_line_with_advice_and_changes_nothing(bad: BadInput, stocked: Path) -> None:
    before = dump_domain(stocked)

    outcome = krets(*bad.words, home=stocked)

    assert (outcome.exit_code, outcome.out) == (bad.exit_code, "")
    assert outcome.err.startswith("krets: ")
    assert outcome.err.count("\n") == 1
    assert bad.says in outcome.err
    assert dump_domain(stocked) == before


@pytest.mark.parametrize("bad", BAD_INPUTS, ids=str)
def test_bad_input_with_json_is_one_document_with_an_error(bad: BadInput, stocked: Path) -> None:
    before = dump_domain(stocked)

    outcome = krets(*bad.words, "--json", home=stocked)

    assert outcome.exit_code == bad.exit_code
    assert outcome.document["error"].keys() == {"code", "message"}
    assert outcome.document["error"]["code"] == bad.code
    assert bad.says in outcome.document["error"]["message"]
    assert outcome.out.count("\n") == 1
    assert dump_domain(stocked) == before


def test_every_command_but_the_demo_and_init_has_bad_input_here() -> None:
    covered = {" ".join(bad.words[:size]) for bad in BAD_INPUTS for size in (1, 2)}

    # Elsewhere: tests/commands/test_init.py and test_demo.py.
    assert EXPECTED - covered == {"init", "demo"}


@pytest.mark.parametrize("command", sorted(EXPECTED - {"init", "demo"}))
def test_a_folder_without_a_node_is_refused_with_advice(command: str, tmp_path: Path) -> None:
    needed = {
        "peer add": ["127.0.0.1"], "peer accept": ["1", "--tier", "partners"], "item add": ["Chair"],
        "item edit": ["1", "--quantity", "2"], "offer publish": ["1", "--quantity", "1"],
        "offer edit": ["1", "--quantity", "1"], "need publish": ["Chairs", "--quantity", "1"],
        "request make": ["1", "--quantity", "1"], "request reject": ["1", "--code", "policy"],
        "handover dispute": ["1", "--code", "damaged"], "item import": [__file__],
    }  # fmt: skip
    takes_reference = {"peer", "item", "offer", "need", "request", "handover", "agreement"}
    noun, _, verb = command.partition(" ")
    words = needed.get(command, ["1"] if noun in takes_reference and verb not in ("list", "import-undo") else [])

    outcome = krets(*command.split(), *words, home=tmp_path / "nothing")

    assert outcome.exit_code == 1
    assert outcome.err.count("\n") == 1
    assert "krets init" in outcome.err
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("words", ["status", "item list", "serve"])
def test_without_home_or_krets_home_the_advice_names_both(words: str) -> None:
    outcome = krets(*words.split())

    assert krets(*words.split(), "--json").document["error"]["code"] == "usage"
    assert (outcome.exit_code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert "--home DIR" in outcome.err
    assert "KRETS_HOME" in outcome.err


def test_krets_home_stands_in_for_home(home: Path) -> None:
    outcome = krets("status", "--json", environment={"KRETS_HOME": str(home)})

    assert outcome.document["name"] == "Asker"


def test_home_wins_over_krets_home(home: Path, tmp_path: Path) -> None:
    outcome = krets("status", "--json", home=home, environment={"KRETS_HOME": str(tmp_path / "nothing")})

    assert outcome.exit_code == 0


def test_a_damaged_database_is_said_in_one_line(home: Path) -> None:
    (home / "krets.db").write_bytes(b"this is not a database" * 1000)

    outcome = krets("status", home=home)

    assert outcome.exit_code == 1
    assert outcome.err.count("\n") == 1
    assert "krets.db" in outcome.err


def test_a_database_without_a_table_is_said_in_one_line(home: Path) -> None:
    with closing(sqlite3.connect(home / "krets.db")) as connection:
        connection.execute("ALTER TABLE audit_log RENAME TO lost")

    outcome = krets("item", "add", "Chair", "--json", home=home)

    assert outcome.exit_code == 1
    assert outcome.document["error"]["code"] == "database"
    assert "no such table" in outcome.document["error"]["message"]


@pytest.mark.parametrize(
    ("complaint", "advice"),
    [
        ("database is locked", "try again in a moment"),
        ("file is not a database", "restore krets.db from the backup"),
        ("database disk image is malformed", "restore krets.db from the backup"),
        ("database or disk is full", "Make room on the disk"),
        ("attempt to write a readonly database", "Check that you may read and write"),
    ],
)
def test_what_the_database_complains_of_comes_with_advice(complaint: str, advice: str) -> None:
    assert advice in explain_failure(sqlite3.OperationalError(complaint))


def test_a_node_not_for_development_refuses_http_and_loopback_peers(tmp_path: Path) -> None:
    krets(
        "init", "--domain", "krets.asker.example", "--name", "Asker", "--org-number", "920125298",
        "--latitude", "59.83", "--longitude", "10.44", home=tmp_path / "asker",
    )  # fmt: skip

    plain = krets("peer", "add", "http://krets.baerum.example", home=tmp_path / "asker")
    loopback = krets("peer", "add", "https://127.0.0.1:8202", home=tmp_path / "asker")

    assert (plain.exit_code, plain.err.count("\n")) == (1, 1)
    assert "is not https" in plain.err
    assert (loopback.exit_code, loopback.err.count("\n")) == (1, 1)
    assert "not one that this node dials" in loopback.err


def test_a_missing_key_is_said_in_one_line(home: Path) -> None:
    (home / "keys" / "proof.pem").unlink()

    outcome = krets("item", "list", "--json", home=home)

    assert outcome.exit_code == 1
    assert outcome.document["error"]["code"] == "keys"
    assert "backup" in outcome.document["error"]["message"]


def test_a_setting_that_cannot_be_used_is_said_in_one_line(home: Path) -> None:
    settings = home / "krets.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('"Asker"', '""'), encoding="utf-8")

    outcome = krets("status", home=home)

    assert outcome.exit_code == 1
    assert outcome.err.count("\n") == 1
    assert "name" in outcome.err


def test_a_name_cannot_steer_the_terminal(home: Path) -> None:
    krets("item", "add", "Chair", home=home)
    with closing(sqlite3.connect(home / "krets.db")) as connection:
        # A command refuses such a name; a peer or an older file may still bring one.
        connection.execute("UPDATE items SET name = ?", ("Chair \x1b[31mred\x1b[0m \u202eback [bold]x[/]",))
        connection.commit()

    shown = krets("item", "show", "1", home=home)
    listed = krets("item", "list", home=home)

    for outcome in (shown, listed):
        assert "\x1b" not in outcome.out
        assert "\u202e" not in outcome.out
        assert "[bold]x[/]" in outcome.out


def test_json_keeps_every_letter_of_a_name(home: Path) -> None:
    added = krets("item", "add", "Blåbær «Æøå» 🪑", "--json", home=home)

    assert json.loads(added.out)["item"]["name"] == "Blåbær «Æøå» 🪑"
