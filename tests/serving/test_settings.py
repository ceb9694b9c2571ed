"""Settings: one table, one parser each, and messages that name the setting, the value and what would be right."""

from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from node.settings import (
    SETTINGS,
    Settings,
    SettingsInvalid,
    home_from,
    load_settings,
    parse_listen,
    read_environment,
    write_settings,
)
from protocol.vocabulary import OrganisationKind

GOOD: dict[str, object] = {
    "domain": "krets.asker.example",
    "name": "Asker",
    "org_number": "920125298",
    "latitude": 59.8331,
    "longitude": 10.4392,
}


def write(home: Path, **changes: object) -> Settings:
    return write_settings(home, {**GOOD, **changes})


def test_the_table_is_the_fields_in_one_order_of_necessity() -> None:
    assert {setting.name for setting in SETTINGS} == {field.name for field in fields(Settings)} - {"home"}
    assert all(setting.help.endswith(".") for setting in SETTINGS)
    assert len({setting.variable for setting in SETTINGS}) == len(SETTINGS)


def test_every_default_is_one_that_its_own_parser_accepts() -> None:
    for setting in SETTINGS:
        if setting.default is not None:
            setting.parse(setting.default)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    written = write(tmp_path, kind="workshop", dev=True, request_days=3, grid_degrees="0.05", approval="automatic")

    read = load_settings(tmp_path, {})

    assert read == written
    assert (read.kind, read.dev, read.request_days) == (OrganisationKind.WORKSHOP, True, 3)
    assert (read.grid_degrees, read.approval, read.country) == (Decimal("0.05"), "automatic", "NO")


def test_the_file_explains_every_setting_and_is_for_its_owner_only(tmp_path: Path) -> None:
    write(tmp_path, name='Næring "og" skog')

    text = (tmp_path / "krets.toml").read_text("utf-8")
    assert all(setting.help in text and setting.variable in text for setting in SETTINGS)
    assert 'org_number = "920125298"' in text
    assert "latitude = 59.8331" in text
    assert '# country = "NO"' in text
    assert "# dev = false" in text
    assert (tmp_path / "krets.toml").stat().st_mode & 0o777 == 0o600
    assert load_settings(tmp_path, {}).name == 'Næring "og" skog'


def test_a_folder_that_holds_a_node_is_not_written_over(tmp_path: Path) -> None:
    write(tmp_path)

    with pytest.raises(SettingsInvalid, match="exists already"):
        write(tmp_path, name="Another")
    assert load_settings(tmp_path, {}).name == "Asker"


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    write(tmp_path)

    read = load_settings(tmp_path, {"KRETS_NAME": "Asker kommune", "KRETS_DELIVERIES_PARALLEL": "4", "OTHER": "x"})

    assert (read.name, read.deliveries_parallel) == ("Asker kommune", 4)


def test_iris_follow_from_domain_and_development(tmp_path: Path) -> None:
    settings = write(tmp_path)
    (tmp_path / "dev").mkdir()
    dev = write_settings(tmp_path / "dev", {**GOOD, "domain": "127.0.0.1:8201", "dev": True})

    assert (settings.origin, settings.actor_iri) == ("https://krets.asker.example", "https://krets.asker.example/actor")
    assert dev.origin == "http://127.0.0.1:8201"
    assert settings.database_path == tmp_path / "krets.db"


@pytest.mark.parametrize(
    ("domain", "listen", "address"),
    [
        ("krets.asker.example", "", ("127.0.0.1", 8080)),
        ("krets.asker.example:8443", "", ("127.0.0.1", 8443)),
        ("krets.asker.example", "0.0.0.0:80", ("0.0.0.0", 80)),
        ("krets.asker.example", "[::1]:8201", ("::1", 8201)),
    ],
)
def test_where_to_listen_follows_from_the_domain_unless_it_is_said(
    tmp_path: Path, domain: str, listen: str, address: tuple[str, int]
) -> None:
    assert write(tmp_path, domain=domain, listen=listen).listen_address == address


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("domain", "Asker.Example", "domain is 'Asker.Example': must be a host name in lower case"),
        ("domain", "https://asker.example", "domain is 'https://asker.example': must be a host name"),
        ("domain", "asker.example:443", "no default port"),
        ("domain", "localhost:8201", "loopback and bare addresses need --dev"),
        ("domain", "asker.localhost", "need --dev"),
        ("domain", "127.0.0.1:8201", "need --dev"),
        ("domain", "[::1]:8201", "need --dev"),
        ("domain", "8.8.8.8", "need --dev"),
        ("name", "", "name is '': must be 1 to 200 printable characters"),
        ("name", "x" * 201, "must be 1 to 200 printable characters"),
        ("name", "a\nb", "printable"),
        ("org_number", "920125299", "not a valid organisation number in NO"),
        ("org_number", "", "must be the number in the national register"),
        ("org_number", "a" * 33, "must be the number"),
        ("country", "no", "two capital letters"),
        ("country", "NOR", "two capital letters"),
        ("kind", "kommune", "kind is 'kommune': must be one of municipality, charity"),
        ("latitude", 90.001, "latitude is '90.001': must be decimal degrees from -90 to 90"),
        ("latitude", "north", "decimal degrees"),
        ("longitude", -180.5, "from -180 to 180"),
        ("longitude", "nan", "from -180 to 180"),
        ("dev", "perhaps", "must be true or false"),
        ("listen", "8201", "must be HOST:PORT"),
        ("listen", "127.0.0.1:65536", "must be HOST:PORT"),
        ("approval", "always", "must be one of person, automatic"),
        ("request_days", 0, "whole number from 1 to 365"),
        ("request_days", 366, "whole number from 1 to 365"),
        ("request_days", "1.5", "whole number"),
        ("grid_degrees", "0", "a step in degrees"),
        ("grid_degrees", "1.01", "a step in degrees"),
        ("grid_degrees", "fine", "a step in degrees"),
        ("deliveries_parallel", 257, "from 1 to 256"),
        ("log_level", "loud", "must be one of debug, info, warning, error"),
        ("latitude", [59], "latitude must be a text, a number, true or false"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_what_would_be_right(
    tmp_path: Path, name: str, value: object, message: str
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        write(tmp_path, **{name: value})

    assert message in refused.value.safe_text
    assert "\n" not in refused.value.safe_text
    assert not (tmp_path / "krets.toml").exists()


@pytest.mark.parametrize(
    ("country", "number"), [("SE", "212000-0142"), ("DK", "64942212"), ("FI", "0201256-6"), ("DE", "anything".upper())]
)
def test_the_check_digits_of_the_neighbours_are_known(tmp_path: Path, country: str, number: str) -> None:
    assert write(tmp_path, country=country, org_number=number).org_number == number


def test_in_development_a_number_may_be_invented(tmp_path: Path) -> None:
    assert write(tmp_path, dev=True, org_number="999999990").org_number == "999999990"


def test_the_default_port_of_http_is_left_out_in_development(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="leave out the port, it is the default one"):
        write(tmp_path, dev=True, domain="127.0.0.1:80")


def test_a_value_of_the_environment_is_told_by_its_variable(tmp_path: Path) -> None:
    write(tmp_path)

    with pytest.raises(SettingsInvalid, match=r"KRETS_REQUEST_DAYS is 'many': must be a whole number"):
        load_settings(tmp_path, {"KRETS_REQUEST_DAYS": "many"})


def test_a_value_of_the_file_is_told_by_its_file(tmp_path: Path) -> None:
    write(tmp_path)
    with (tmp_path / "krets.toml").open("a") as file:
        file.write("request_days = 0\n")

    with pytest.raises(SettingsInvalid, match=r"request_days in .*krets\.toml is '0': must be a whole number"):
        load_settings(tmp_path, {})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('organisation = "x"', "is not a setting: the settings are domain, name"),
        ("request_day = 3", "did you mean request_days?"),
        ("name = ", "is not TOML"),
        ("name = " + "9" * 5_000, "is not TOML"),
        ("name = " + "[" * 5_000, "is not TOML"),
        ("[section]\nx = 1", "section in .* must be a text"),
        ("#" * 70_000, "larger than 65536 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, line: str, message: str) -> None:
    write(tmp_path)
    with (tmp_path / "krets.toml").open("a") as file:
        file.write(line + "\n")

    with pytest.raises(SettingsInvalid, match=message):
        load_settings(tmp_path, {})


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    (tmp_path / "krets.toml").write_bytes(b'name = "B\xe6rum"\n')

    with pytest.raises(SettingsInvalid, match="is not TOML"):
        load_settings(tmp_path, {})


def test_a_missing_setting_is_told_with_its_meaning(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"domain is missing: The host name .* KRETS_DOMAIN"):
        write_settings(tmp_path, {"name": "Asker"})


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_a_folder_without_a_node_is_told_how_to_make_one(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsInvalid, match="krets init"):
        load_settings(tmp_path / place, {})


def test_a_settings_file_that_is_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "krets.toml").mkdir()

    with pytest.raises(SettingsInvalid, match="cannot be read"):
        load_settings(tmp_path, {})


def test_home_is_the_option_then_the_environment(tmp_path: Path) -> None:
    assert home_from(tmp_path, {"KRETS_HOME": "elsewhere"}) == tmp_path
    assert home_from(None, {"KRETS_HOME": "elsewhere"}) == Path("elsewhere")
    with pytest.raises(SettingsInvalid, match=r"--home DIR, or set KRETS_HOME"):
        home_from(None, {"KRETS_HOME": ""})


def test_the_environment_is_this_process_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRETS_HOME", "here")

    assert read_environment()["KRETS_HOME"] == "here"


@pytest.mark.parametrize("text", ["", ":8201", "host", "host:", "host:port", "host:-1", "host:٣"])
def test_what_is_no_address_to_listen_on_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        parse_listen(text)
