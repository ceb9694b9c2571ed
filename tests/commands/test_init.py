"""`krets init`: a whole node or none."""

import os
import stat
from pathlib import Path
from typing import get_args

import pytest

from node.commands.init import KindName
from protocol.vocabulary import OrganisationKind
from tests.commands.running import granted, krets

GOOD = {
    "--domain": "krets.asker.example", "--name": "Asker", "--org-number": "920125298", "--latitude": "59.83",
    "--longitude": "10.44",
}  # fmt: skip


def words_with(**changes: str | None) -> list[str]:
    """The options of a good `init` with some of them changed, or left out where None."""
    options = GOOD | {f"--{name.replace('_', '-')}": text for name, text in changes.items()}
    return [word for name, text in options.items() if text is not None for word in (name, text)]


def test_init_makes_settings_keys_and_database_that_only_the_owner_reads(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "asker"

    outcome = krets("init", *words_with(), home=home)

    assert outcome.exit_code == 0
    assert outcome.err == ""
    files = {path.relative_to(home).as_posix(): path for path in home.rglob("*") if path.is_file()}
    assert files.keys() == {
        "krets.toml", "krets.db", "RECOVERY-KEY-take-away.pem", "keys/proof.pem", "keys/ed-http.pem",
        "keys/main-key.pem", "keys/recovery.pub",
    }  # fmt: skip
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_init_tells_the_administrator_to_take_the_recovery_key_away(tmp_path: Path) -> None:
    outcome = krets("init", *words_with(), home=tmp_path / "asker")

    assert f"move {tmp_path}/asker/RECOVERY-KEY-take-away.pem" in outcome.out
    assert "prove later that this node is yours" in outcome.out
    assert "replace this node's keys" not in outcome.out
    assert "krets serve" in outcome.out


def test_init_answers_in_json_what_people_need_to_know(tmp_path: Path) -> None:
    made = granted("init", *words_with(country="SE", org_number="5560360793"), home=tmp_path / "asker")

    assert made["actor"] == "https://krets.asker.example/actor"
    assert Path(made["recovery_key_file"]).is_file()
    status = granted("status", home=tmp_path / "asker")
    assert (status["name"], status["recovery_key_present"], status["dev"]) == ("Asker", True, False)


def test_status_stops_asking_once_the_recovery_key_is_gone(home: Path) -> None:
    before = krets("status", home=home)
    (home / "RECOVERY-KEY-take-away.pem").unlink()

    after = krets("status", home=home)

    assert "recovery key still lies here" in before.out
    assert "recovery key" not in after.out


def test_an_existing_node_is_never_touched(home: Path) -> None:
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}

    outcome = krets("init", *words_with(), home=home)

    assert outcome.exit_code == 1
    assert outcome.err.count("\n") == 1
    assert "already holds a node" in outcome.err
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_the_recovery_key_of_an_earlier_node_is_never_overwritten(tmp_path: Path) -> None:
    key = tmp_path / "RECOVERY-KEY-take-away.pem"
    key.write_text("precious")

    outcome = krets("init", *words_with(), home=tmp_path)

    assert (outcome.exit_code, outcome.err.count("\n")) == (1, 1)
    assert "Take it away" in outcome.err
    assert key.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [key]


@pytest.mark.parametrize(
    ("changes", "exit_code", "says"),
    [
        ({"domain": "Krets.Asker.Example"}, 1, "domain"),
        ({"domain": "krets_asker.example/"}, 1, "domain"),
        ({"domain": "127.0.0.1:8201"}, 1, "--dev"),
        ({"domain": "localhost"}, 1, "--dev"),
        ({"domain": None}, 2, "Missing option '--domain'"),
        ({"name": " "}, 2, "it is empty"),
        ({"name": "x" * 201}, 1, "200"),
        ({"org_number": "920125299"}, 2, "do not add up"),
        ({"org_number": "12345"}, 2, "do not add up"),
        ({"org_number": "920125298", "country": "SE"}, 2, "do not add up"),
        ({"org_number": "920125298", "country": "DK"}, 2, "do not add up"),
        ({"org_number": "920125298", "country": "FI"}, 2, "do not add up"),
        ({"org_number": "!", "country": "DE"}, 1, "org_number"),
        ({"country": "Norway"}, 1, "country"),
        ({"country": "no"}, 1, "country"),
        ({"latitude": "95"}, 2, "--latitude"),
        ({"longitude": "-181"}, 2, "--longitude"),
        ({"latitude": "north"}, 2, "--latitude"),
        ({"latitude": "nan"}, 1, "decimal degrees"),
        ({"kind": "company"}, 2, "is not one of 'municipality'"),
    ],
)
def test_a_bad_value_is_one_line_and_leaves_no_folder(
    changes: dict[str, str | None], exit_code: int, says: str, tmp_path: Path
) -> None:
    outcome = krets("init", *words_with(**changes), home=tmp_path / "deep" / "asker")

    assert outcome.exit_code == exit_code
    assert outcome.err.count("\n") == 1
    assert says in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_a_bad_value_in_an_empty_folder_that_was_there_leaves_it_empty(tmp_path: Path) -> None:
    outcome = krets("init", *words_with(country="Norway"), home=tmp_path)

    assert outcome.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_development_node_may_be_on_the_loopback(tmp_path: Path) -> None:
    made = granted("init", "--dev", *words_with(domain="127.0.0.1:8201"), home=tmp_path / "asker")

    assert made["actor"] == "http://127.0.0.1:8201/actor"


def test_negative_coordinates_are_read(tmp_path: Path) -> None:
    granted("init", *words_with(longitude="-10.5"), home=tmp_path / "asker")

    assert "longitude = -10.5" in (tmp_path / "asker" / "krets.toml").read_text(encoding="utf-8")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    outcome = krets("init", *words_with(), home=tmp_path / "asker")

    assert outcome.exit_code == 1
    assert outcome.err.count("\n") == 1


def test_a_file_where_the_folder_should_be_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "asker").write_text("")

    outcome = krets("init", *words_with(), home=tmp_path / "asker")

    assert outcome.exit_code == 1
    assert outcome.err.count("\n") == 1
    assert "The system says" in outcome.err


def test_the_kinds_are_those_of_the_protocol() -> None:
    assert set(get_args(KindName)) == set(OrganisationKind)
