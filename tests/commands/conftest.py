"""Fresh nodes for each test. Keys are drawn once for the whole run: RSA takes longer than everything else together."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.running import krets
from tests.commands.serving import ServedNode, pick_port
from tests.small_keys import write_small_key

ASKER = ("Asker", "920125298", "59.83", "10.44")
BAERUM = ("Bærum", "935478715", "59.89", "10.52")


def init_node(folder: Path, *, name: str, org_number: str, latitude: str, longitude: str, port: int) -> None:
    """A development node in this folder."""
    outcome = krets(
        "init", "--dev", "--domain", f"127.0.0.1:{port}", "--name", name, "--org-number", org_number,
        "--latitude", latitude, "--longitude", longitude, "--json", home=folder,
    )  # fmt: skip
    assert outcome.exit_code == 0, outcome
    write_small_key(folder)


@pytest.fixture(scope="session")
def made_node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node to copy from."""
    folder = tmp_path_factory.mktemp("made") / "asker"
    name, org_number, latitude, longitude = ASKER
    init_node(folder, name=name, org_number=org_number, latitude=latitude, longitude=longitude, port=18_999)
    return folder


@pytest.fixture
def home(made_node: Path, tmp_path: Path) -> Path:
    """An empty node of Asker's, which nobody serves."""
    return Path(shutil.copytree(made_node, tmp_path / "asker"))


@pytest.fixture(scope="session")
def made_pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two nodes that became peers through commands, to copy from; both grant `partners`."""
    folder = tmp_path_factory.mktemp("pair")
    homes = []
    for slug, (name, org_number, latitude, longitude) in (("asker", ASKER), ("baerum", BAERUM)):
        init_node(
            folder / slug, name=name, org_number=org_number, latitude=latitude, longitude=longitude, port=pick_port()
        )
        homes.append(folder / slug)
    asker, baerum = homes
    with ServedNode(asker) as first, ServedNode(baerum) as second:
        first.become_peers_with(second)
    return asker, baerum


@pytest.fixture
def pair(made_pair: tuple[Path, Path], tmp_path: Path) -> Iterator[tuple[ServedNode, ServedNode]]:
    """Asker and Bærum, peers of each other, both served over loopback HTTP from threads of this process."""
    asker, baerum = (Path(shutil.copytree(made, tmp_path / "pair" / made.name)) for made in made_pair)
    with ServedNode(asker) as first, ServedNode(baerum) as second:
        yield first, second
