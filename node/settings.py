"""The node's settings: one table, read from `krets.toml` and from the environment, then frozen.

The table feeds the defaults, the help texts, the file that `krets init` writes, and the test that each setting is
documented. This is the only reader of `krets.toml` and of KRETS_* variables. What a setting does stands elsewhere.
"""

import json
import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from protocol.errors import InvalidIdentifier
from protocol.identifiers import parse_domain, parse_iri
from protocol.limits import NAME_CHARS_MAX
from protocol.vocabulary import OrganisationKind

HOME_VARIABLE = "KRETS_HOME"
FILE_NAME = "krets.toml"

FILE_BYTES_MAX = 65_536
"""Bytes of a settings file. Ours is under 2 KiB; more is a mistaken path."""

APPROVALS = ("person", "automatic")
LOG_LEVELS = ("debug", "info", "warning", "error")

_ORG_NUMBER = re.compile(r"[0-9A-Z](?:[0-9A-Z -]{0,30}[0-9A-Z])?")
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,15})?")
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")


class SettingsInvalid(Exception):
    """A setting is absent or cannot be used. `safe_text` is one line that says which, and what would be right."""

    def __init__(self, safe_text: str) -> None:
        super().__init__(safe_text)
        self.safe_text = safe_text


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. `default` is None where the administrator must say; `parse` raises ValueError."""

    name: str
    default: str | None
    help: str
    parse: Callable[[str], Any]

    @property
    def variable(self) -> str:
        """The environment variable that overrides the file."""
        return f"KRETS_{self.name.upper()}"


@dataclass(frozen=True, slots=True)
class Settings:
    """What this node was told. `domain` may carry a port; coordinates are WGS 84 degrees as the file has them."""

    home: Path
    domain: str
    name: str
    org_number: str
    latitude: float
    longitude: float
    country: str
    kind: OrganisationKind
    dev: bool
    listen: str
    approval: str
    request_days: int
    grid_degrees: Decimal
    deliveries_parallel: int
    log_level: str

    @property
    def origin(self) -> str:
        """Scheme and domain: the prefix of every IRI that this node makes."""
        return f"{'http' if self.dev else 'https'}://{self.domain}"

    @property
    def actor_iri(self) -> str:
        """The organisation's actor."""
        return f"{self.origin}/actor"

    @property
    def database_path(self) -> Path:
        """The one file to back up beside the keys."""
        return self.home / "krets.db"

    @property
    def listen_address(self) -> tuple[str, int]:
        """Host and port to listen on; without a setting the loopback interface and the domain's port."""
        return parse_listen(self.listen or f"127.0.0.1:{_port_of(self.domain) or 8080}")


def read_environment() -> Mapping[str, str]:
    """The environment of this process: read here and nowhere else, and passed on as a value."""
    return os.environ


def home_from(option: Path | None, environ: Mapping[str, str]) -> Path:
    """The node's folder: the option, else KRETS_HOME. Raises SettingsInvalid if neither names one."""
    if option is not None:
        return option
    if environ.get(HOME_VARIABLE):
        return Path(environ[HOME_VARIABLE])
    raise SettingsInvalid(f"No folder given: say --home DIR, or set {HOME_VARIABLE} to the node's folder.")


def load_settings(home: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of the node in this folder: its `krets.toml`, overridden by the environment.

    Raises SettingsInvalid where the folder holds no node, a name is unknown, or a value cannot be used.
    """
    path = home / FILE_NAME
    values = {name: (value, f"{name} in {path}") for name, value in _read_file(path).items()}
    for setting in SETTINGS:
        if setting.variable in environ:
            values[setting.name] = (environ[setting.variable], setting.variable)
    return _settings_of(home, values)


def write_settings(home: Path, values: Mapping[str, object]) -> Settings:
    """Check the values, write them to a new `krets.toml` in an existing folder, and return what they come to.

    The file lists every setting with its help; those left out stand there as comments with their default. Raises
    SettingsInvalid for a bad value, before anything is written, and where there is a file already.
    """
    texts = {name: (_text_of(value, name=name), name) for name, value in values.items() if value is not None}
    settings = _settings_of(home, texts)
    path = home / FILE_NAME
    lines = ["# Settings of this Krets node. Each can be overridden by the environment variable named beside it.\n"]
    for setting in SETTINGS:
        given = texts.get(setting.name)
        text = given[0] if given else setting.default or ""
        mark = "" if given else "# "
        lines.append(f"\n# {setting.help} ({setting.variable})\n{mark}{setting.name} = {_toml_of(setting, text)}\n")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise SettingsInvalid(f"{path} exists already: this folder holds a node. Choose another --home.") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(lines)
    return settings


def parse_listen(text: str) -> tuple[str, int]:
    """Host and port of HOST:PORT. Raises ValueError; port 0 lets the system choose."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ValueError("must be HOST:PORT, for example 127.0.0.1:8201")
    return host, int(port)


def _read_file(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        advice = f"check the spelling, or make one with: krets init --home {path.parent}"
        raise SettingsInvalid(f"{path.parent} holds no node: {advice}") from error
    except (PermissionError, IsADirectoryError) as error:
        raise SettingsInvalid(f"{path} cannot be read ({error.strerror}): check its owner and mode.") from error
    if len(content) > FILE_BYTES_MAX:
        raise SettingsInvalid(f"{path} is larger than {FILE_BYTES_MAX} bytes: it cannot be a settings file.")
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # tomllib's own, not UTF-8, digits or nesting beyond all measure
        raise SettingsInvalid(f"{path} is not TOML: {error}.") from error
    return {name: _text_of(value, name=f"{name} in {path}") for name, value in document.items()}


def _text_of(value: object, *, name: str) -> str:
    """A TOML value as the text that the environment would carry, so that each setting has one parser."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | Decimal):
        return str(value)
    raise SettingsInvalid(f"{name} must be a text, a number, true or false.")


def _toml_of(setting: Setting, text: str) -> str:
    bare = type(setting.parse(text)) in (bool, int, float, Decimal)
    return text.strip() if bare else json.dumps(text, ensure_ascii=False)


def _settings_of(home: Path, values: Mapping[str, tuple[str, str]]) -> Settings:
    """Settings from values with where each came from."""
    known = [setting.name for setting in SETTINGS]
    for name, (_, source) in values.items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            advice = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(known)}."
            raise SettingsInvalid(f"{source} is not a setting: {advice}")
    parsed: dict[str, Any] = {}
    for setting in SETTINGS:
        text, source = values.get(setting.name, (setting.default, setting.name))
        if text is None:
            raise SettingsInvalid(f"{setting.name} is missing: {setting.help} (krets.toml or {setting.variable}).")
        try:
            parsed[setting.name] = setting.parse(text)
        except ValueError as error:
            raise SettingsInvalid(f"{source} is {text[:NAME_CHARS_MAX]!r}: {error}.") from error
    settings = Settings(home=home, **parsed)
    _check_domain(settings)
    _check_org_number(settings)
    return settings


def _check_domain(settings: Settings) -> None:
    try:
        parse_iri(settings.origin, allow_http=settings.dev)
    except InvalidIdentifier as error:
        raise SettingsInvalid(f"domain is {settings.domain!r}: leave out the port, it is the default one.") from error
    host = settings.domain.rsplit(":", 1)[0] if _port_of(settings.domain) else settings.domain
    if not settings.dev and (host == "localhost" or host.endswith(".localhost") or _is_address(host)):
        raise SettingsInvalid(
            f"domain is {settings.domain!r}: must be the node's public host name; "
            "loopback and bare addresses need --dev (dev = true)."
        )


def _check_org_number(settings: Settings) -> None:
    """The check digits of the Nordic registers. A development node may invent a number."""
    if settings.dev or settings.country not in ("NO", "SE", "DK", "FI"):
        return
    # Imported here: only a start in earnest needs the registers' rules.
    from stdnum.dk import cvr
    from stdnum.fi import ytunnus
    from stdnum.no import orgnr
    from stdnum.se import orgnr as orgnr_se

    register = {"NO": orgnr, "SE": orgnr_se, "DK": cvr, "FI": ytunnus}[settings.country]
    if not register.is_valid(settings.org_number):
        raise SettingsInvalid(
            f"org_number is {settings.org_number!r}: not a valid organisation number in {settings.country}; "
            "check its digits and the setting country."
        )


def _port_of(domain: str) -> int | None:
    tail = domain.rsplit(":", 1)[-1]
    return int(tail) if tail != domain and tail.isdigit() else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _domain(text: str) -> str:
    try:
        return parse_domain(text)
    except InvalidIdentifier as error:
        right = "must be a host name in lower case (punycode), for example krets.asker.example; no default port"
        raise ValueError(right) from error


def _name(text: str) -> str:
    if not text.strip() or len(text) > NAME_CHARS_MAX or not text.isprintable():
        raise ValueError(f"must be 1 to {NAME_CHARS_MAX} printable characters")
    return text.strip()


def _org_number(text: str) -> str:
    if not _ORG_NUMBER.fullmatch(text):
        raise ValueError("must be the number in the national register, digits and capitals, for example 920125298")
    return text


def _country(text: str) -> str:
    if len(text) != 2 or not text.isascii() or not text.isalpha() or not text.isupper():
        raise ValueError("must be the two capital letters of ISO 3166, for example NO")
    return text


def _kind(text: str) -> OrganisationKind:
    return OrganisationKind(_one_of(tuple(OrganisationKind))(text))


def _degrees(limit: int) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = float(text) if _NUMBER.fullmatch(text) else math.nan
        if not -limit <= value <= limit:
            raise ValueError(f"must be decimal degrees from -{limit} to {limit}, for example 59.83")
        return value

    return parse


def _grid(text: str) -> Decimal:
    value = Decimal(text) if _NUMBER.fullmatch(text) else Decimal(0)
    if not Decimal("0.0001") <= value <= 1:
        raise ValueError("must be a step in degrees from 0.0001 to 1, for example 0.01")
    return value


def _integer(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return parse


def _boolean(text: str) -> bool:
    if text.lower() not in _TRUE + _FALSE:
        raise ValueError("must be true or false")
    return text.lower() in _TRUE


def _listen(text: str) -> str:
    if text:
        parse_listen(text)
    return text


SETTINGS: tuple[Setting, ...] = (
    Setting("domain", None, "The host name under which peers reach this node; a port may follow.", _domain),
    Setting("name", None, "The organisation's name as peers see it.", _name),
    Setting("org_number", None, "The organisation's number in its national register.", _org_number),
    Setting("latitude", None, "Where the organisation is, degrees north, WGS 84.", _degrees(90)),
    Setting("longitude", None, "Where the organisation is, degrees east, WGS 84.", _degrees(180)),
    Setting("country", "NO", "The country of the organisation, ISO 3166 two letters.", _country),
    Setting("kind", "municipality", f"What the organisation is: {', '.join(OrganisationKind)}.", _kind),
    Setting("dev", "false", "Development: http instead of https, and peers on the loopback interface.", _boolean),
    Setting("listen", "", "HOST:PORT to listen on; empty: the loopback interface, the domain's port or 8080.", _listen),
    Setting(
        "approval",
        "person",
        "Who accepts a request that can be met: person, or automatic for the node at once.",
        _one_of(APPROVALS),
    ),
    Setting("request_days", "14", "Days after which a request that nobody answered expires.", _integer(1, 365)),
    Setting("grid_degrees", "0.01", "Grid in degrees that published places are snapped to (0.01 is 1 km).", _grid),
    Setting("deliveries_parallel", "16", "Peers that are delivered to at the same time.", _integer(1, 256)),
    Setting("log_level", "info", f"What the log on stderr tells: {', '.join(LOG_LEVELS)}.", _one_of(LOG_LEVELS)),
)
