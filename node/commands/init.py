"""`krets init`: a new node in a folder of its own."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from node.commands.options import HomeOption, JsonOption, parse_words

if TYPE_CHECKING:
    from node.keys import CreatedKeys
    from node.settings import Settings

KindName = Literal["municipality", "charity", "refurbisher", "carrier", "hub", "workshop", "other"]

NODE_FILES = ("krets.toml", "krets.db", "keys")
"""What makes a folder a node's. krets.toml comes last, so that a folder with it holds everything else too."""


def init(
    domain: Annotated[str, typer.Option("--domain", metavar="HOST", help="The host name that peers reach it by.")],
    name: Annotated[str, typer.Option("--name", metavar="TEXT", parser=parse_words, help="The organisation's name.")],
    org_number: Annotated[
        str, typer.Option("--org-number", metavar="NUMBER", help="Its number in the national register.")
    ],
    latitude: Annotated[float, typer.Option("--latitude", metavar="DEGREES", min=-90, max=90, help="Degrees north.")],
    longitude: Annotated[
        float, typer.Option("--longitude", metavar="DEGREES", min=-180, max=180, help="Degrees east.")
    ],
    country: Annotated[str, typer.Option("--country", metavar="XX", help="Two letters, ISO 3166.")] = "NO",
    kind: Annotated[KindName, typer.Option("--kind", help="What the organisation is.")] = "municipality",
    dev: Annotated[
        bool, typer.Option("--dev", help="To try it out: http and peers on this machine.", show_default=False)
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a node: its settings, its keys and its database, in one folder.

    \b
    Example:
      krets init --domain krets.asker.example --name Asker --org-number 920125298 --latitude 59.83 \\
        --longitude 10.44 --home asker
    """
    from node.commands.opening import find_home
    from node.commands.printing import print_fields, print_json, print_line
    from node.commands.refusals import CommandRefusedError
    from node.settings import SettingsInvalid

    folder = find_home(home)
    check_org_number(org_number, country=country)
    try:
        settings, keys = create_home(
            folder,
            domain=domain,
            name=name,
            org_number=org_number,
            latitude=latitude,
            longitude=longitude,
            country=country,
            kind=kind,
            dev=dev,
        )
    except SettingsInvalid as error:
        raise CommandRefusedError("settings", error.safe_text) from error
    recovery = folder / keys.recovery_path.name
    if as_json:
        print_json(
            home=folder.resolve(),
            actor=settings.actor_iri,
            name=settings.name,
            proof_fingerprint=keys.proof_fingerprint,
            recovery_fingerprint=keys.recovery_fingerprint,
            recovery_key_file=recovery.resolve(),
        )
        return
    print_line(f"The node of {settings.name} is ready in {folder}.")
    print_fields(
        (
            ("  Address", settings.origin),
            ("  Signing key", keys.proof_fingerprint),
            ("  Recovery key", keys.recovery_fingerprint),
        )
    )
    print_line()
    print_line(f"Take the recovery key away: move {recovery} to a place off this machine.")
    print_line("It is to prove later that this node is yours, after a loss or a break-in. A later version uses it.")
    print_line()
    print_line(f"Next: krets serve --home {folder}")


def create_home(folder: Path, **values: object) -> "tuple[Settings, CreatedKeys]":
    """Make the node's files beside each other and move them in together, so that there is a whole node or none.

    Raises CommandRefusedError where a node is already, SettingsInvalid for a value that cannot be used.
    """
    import secrets

    from node.commands.refusals import CommandRefusedError
    from node.keys import RECOVERY_NAME, create_keys
    from node.settings import load_settings, write_settings

    if any((folder / name).exists() for name in NODE_FILES):
        raise CommandRefusedError("exists", f"{folder} already holds a node. Choose another folder with --home.")
    if (folder / RECOVERY_NAME).exists():
        raise CommandRefusedError(
            "exists", f"{folder} already holds a node's {RECOVERY_NAME}. Take it away, or choose another --home."
        )
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    building = folder / f".init-{secrets.token_hex(8)}"
    building.mkdir(mode=0o700)
    try:
        settings = write_settings(building, values)
        keys = create_keys(building)
        _create_database(settings)
        for path in sorted(building.iterdir(), key=lambda path: path.name == "krets.toml"):
            path.rename(folder / path.name)
        building.rmdir()
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        for parent in missing:
            parent.rmdir()
        raise
    return load_settings(folder, {}), keys


def _create_database(settings: "Settings") -> None:
    from node.commands.opening import utc_now
    from node.operations.initialise_node import initialise_node
    from node.store.database import Database, connect
    from node.store.migrations import migrate

    settings.database_path.touch(mode=0o600)
    connection = connect(settings.database_path)
    migrate(connection)
    connection.close()
    with Database(settings.database_path) as database:
        database.write(
            lambda connection: initialise_node(connection, actor_iri=settings.actor_iri, now=utc_now())
        ).result()


def check_org_number(number: str, *, country: str) -> None:
    """Refuse a number whose check digits are wrong, in the countries whose rule is known. Raises BadParameter."""
    if country not in ("NO", "SE", "DK", "FI"):
        return
    from stdnum.dk import cvr
    from stdnum.fi import ytunnus
    from stdnum.no import orgnr as norwegian
    from stdnum.se import orgnr as swedish

    register = {"NO": norwegian, "SE": swedish, "DK": cvr, "FI": ytunnus}[country]
    if not register.is_valid(number):
        raise typer.BadParameter(
            f"{number!r} is not an organisation number of {country}: its digits do not add up; compare it with the "
            "register, or say --country",
            param_hint="'--org-number'",
        )
