"""Key files: made once, for their owner only, and read with advice where something is wrong with them."""

import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from node.keys import (
    CreatedKeys,
    KeysInvalid,
    create_keys,
    load_keys,
    load_proof_key,
    load_recovery_public,
    recovery_key_present,
)
from protocol.keys import ProofKey, TransportKey, ed25519_pem_from_seed

ACTOR = "https://asker.example/actor"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CreatedKeys]:
    """A folder with keys, drawn once because RSA takes a second; tests copy it."""
    home = tmp_path_factory.mktemp("home")
    return home, create_keys(home)


@pytest.fixture
def home(drawn: tuple[Path, CreatedKeys], tmp_path: Path) -> Path:
    """A copy of the folder."""
    shutil.copytree(drawn[0], tmp_path / "home")
    return tmp_path / "home"


def test_every_file_is_for_its_owner_only(drawn: tuple[Path, CreatedKeys]) -> None:
    home, created = drawn

    files = [path for path in home.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {
        "proof.pem", "ed-http.pem", "main-key.pem", "recovery.pub", "RECOVERY-KEY-take-away.pem",
    }  # fmt: skip
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((home / "keys").stat().st_mode) == 0o700
    assert created.recovery_path == home / "RECOVERY-KEY-take-away.pem"


def test_each_key_is_another_and_has_its_own_id(home: Path) -> None:
    keys = load_keys(home, actor_iri=ACTOR)

    ids = (keys.proof.key_id, keys.ed_http.key_id, keys.main.key_id)
    assert ids == (f"{ACTOR}#proof-1", f"{ACTOR}#ed-http", f"{ACTOR}#main-key")
    assert (keys.ed_http.algorithm, keys.main.algorithm) == ("ed25519", "rsa-v1_5-sha256")
    raw = keys.proof.public.raw
    proof_as_transport = TransportKey.from_pem((home / "keys" / "proof.pem").read_bytes(), key_id="x")
    assert keys.ed_http.public_pem != proof_as_transport.public_pem
    assert keys.recovery.raw != raw


def test_the_fingerprints_that_init_shows_are_those_of_the_files(home: Path, drawn: tuple[Path, CreatedKeys]) -> None:
    created = drawn[1]

    assert load_proof_key(home, actor_iri=ACTOR).public.fingerprint == created.proof_fingerprint
    assert load_recovery_public(home).fingerprint == created.recovery_fingerprint


def test_the_recovery_key_that_is_taken_away_is_the_private_half_of_the_one_that_stays(home: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    private = load_pem_private_key((home / "RECOVERY-KEY-take-away.pem").read_bytes(), password=None)

    assert isinstance(private, Ed25519PrivateKey)
    key = ProofKey.from_seed(private.private_bytes_raw(), key_id="")
    assert key.public == load_recovery_public(home)


def test_a_node_runs_without_its_private_recovery_key(home: Path) -> None:
    assert recovery_key_present(home)

    (home / "RECOVERY-KEY-take-away.pem").unlink()

    assert not recovery_key_present(home)
    load_keys(home, actor_iri=ACTOR)


def test_keys_are_never_drawn_over_others(home: Path) -> None:
    before = (home / "keys" / "proof.pem").read_bytes()

    with pytest.raises(KeysInvalid, match="exists already"):
        create_keys(home)
    assert (home / "keys" / "proof.pem").read_bytes() == before


@pytest.mark.parametrize("name", ["proof.pem", "ed-http.pem", "main-key.pem", "recovery.pub"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: path.unlink(), "is missing: restore the folder keys"),
        (lambda path: path.chmod(0o640), "can be read by others on this machine: run chmod 600"),
        (lambda path: path.write_bytes(b"not a key"), "is not the key it should be"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "is not the key it should be"),
        (lambda path: path.write_bytes(b""), "is not the key it should be"),
    ],
)
def test_a_key_file_that_cannot_be_used_is_told_with_what_to_do(
    home: Path, name: str, change: Callable[[Path], object], message: str
) -> None:
    change(home / "keys" / name)

    with pytest.raises(KeysInvalid) as refused:
        load_keys(home, actor_iri=ACTOR)
    assert message in refused.value.safe_text
    assert name in refused.value.safe_text


def test_a_proof_key_of_another_kind_is_not_one(home: Path) -> None:
    shutil.copyfile(home / "keys" / "main-key.pem", home / "keys" / "proof.pem")

    with pytest.raises(KeysInvalid, match=r"proof\.pem is not the key"):
        load_proof_key(home, actor_iri=ACTOR)


def test_a_folder_without_keys_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeysInvalid, match="is missing"):
        load_proof_key(tmp_path, actor_iri=ACTOR)


def test_private_keys_do_not_show_when_printed(home: Path) -> None:
    seed = bytes(range(32))
    (home / "keys" / "proof.pem").write_bytes(ed25519_pem_from_seed(seed))

    shown = repr(load_keys(home, actor_iri=ACTOR))

    assert seed.hex() not in shown
    assert "PRIVATE" not in shown
