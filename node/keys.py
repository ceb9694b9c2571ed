"""The node's key files: created once at `krets init`, read at each start, and nothing else.

    HOME/keys/proof.pem               Ed25519, signs what is durable (`#proof-1`)
    HOME/keys/ed-http.pem             Ed25519, signs requests between our nodes (`#ed-http`)
    HOME/keys/main-key.pem            RSA-3072, signs requests to peers that know nothing else (`#main-key`)
    HOME/keys/recovery.pub            public half of the recovery key, in multibase
    HOME/RECOVERY-KEY-take-away.pem   private half: the administrator keeps it elsewhere and deletes it here

Files are made with mode 0600 in folders of mode 0700. The randomness of the keys is drawn here and nowhere else.
Everything blocks: not for the event loop.
"""

import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from protocol.errors import InvalidKey
from protocol.keys import ProofKey, PublicProofKey, TransportKey, ed25519_pem_from_seed

FOLDER_NAME = "keys"
PROOF_NAME = "proof.pem"
ED_HTTP_NAME = "ed-http.pem"
MAIN_NAME = "main-key.pem"
RECOVERY_PUBLIC_NAME = "recovery.pub"
RECOVERY_NAME = "RECOVERY-KEY-take-away.pem"

RSA_BITS = 3_072
"""128 bits of security (NIST SP 800-57), and what foreign ActivityPub servers verify without complaint."""

KEY_FILE_BYTES_MAX = 16_384
"""Bytes of a key file. RSA-3072 in PEM is 2.5 KiB; a larger file is not a key."""


class KeysInvalid(Exception):
    """The key files are absent, open to others, or not keys. `safe_text` is one line that says what to do."""

    def __init__(self, safe_text: str) -> None:
        super().__init__(safe_text)
        self.safe_text = safe_text


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """The private keys of a running node, and the public half of the one it does not hold."""

    proof: ProofKey
    ed_http: TransportKey
    main: TransportKey
    recovery: PublicProofKey


@dataclass(frozen=True, slots=True)
class CreatedKeys:
    """What `krets init` shows to the administrator."""

    proof_fingerprint: str
    recovery_fingerprint: str
    recovery_path: Path


def create_keys(home: Path) -> CreatedKeys:
    """Draw all keys and write their files. Raises KeysInvalid where the folder holds keys already."""
    # Imported here: RSA is generated once in the life of a node.
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    folder = home / FOLDER_NAME
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError as error:
        raise KeysInvalid(f"{folder} exists already: its keys stay. Choose another --home for a new node.") from error
    main = generate_private_key(public_exponent=65_537, key_size=RSA_BITS)
    proof_seed, recovery_seed = secrets.token_bytes(32), secrets.token_bytes(32)
    proof = ProofKey.from_seed(proof_seed, key_id="").public
    recovery = ProofKey.from_seed(recovery_seed, key_id="").public
    _write_private(folder / PROOF_NAME, ed25519_pem_from_seed(proof_seed))
    _write_private(folder / ED_HTTP_NAME, ed25519_pem_from_seed(secrets.token_bytes(32)))
    _write_private(folder / MAIN_NAME, main.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write_private(folder / RECOVERY_PUBLIC_NAME, recovery.multibase.encode("ascii") + b"\n")
    _write_private(home / RECOVERY_NAME, ed25519_pem_from_seed(recovery_seed))
    return CreatedKeys(
        proof_fingerprint=proof.fingerprint,
        recovery_fingerprint=recovery.fingerprint,
        recovery_path=home / RECOVERY_NAME,
    )


def load_keys(home: Path, *, actor_iri: str) -> NodeKeys:
    """All keys of the node, each under the id at which its actor publishes it. Raises KeysInvalid."""
    folder = home / FOLDER_NAME
    return NodeKeys(
        proof=load_proof_key(home, actor_iri=actor_iri),
        ed_http=_load_transport(folder / ED_HTTP_NAME, key_id=f"{actor_iri}#ed-http"),
        main=_load_transport(folder / MAIN_NAME, key_id=f"{actor_iri}#main-key"),
        recovery=load_recovery_public(home),
    )


def load_proof_key(home: Path, *, actor_iri: str) -> ProofKey:
    """The key that signs messages: all that a command needs. Raises KeysInvalid."""
    # Imported here: it is half of the start-up time of a command that signs nothing.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    path = home / FOLDER_NAME / PROOF_NAME
    content = _read_private(path)
    try:
        private = load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as error:
        raise _not_a_key(path) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise _not_a_key(path)
    return ProofKey.from_seed(private.private_bytes_raw(), key_id=f"{actor_iri}#proof-1")


def load_recovery_public(home: Path) -> PublicProofKey:
    """The public half of the recovery key, whose private half is not here. Raises KeysInvalid."""
    path = home / FOLDER_NAME / RECOVERY_PUBLIC_NAME
    try:
        return PublicProofKey.from_multibase(_read_private(path).decode("ascii", errors="replace").strip())
    except InvalidKey as error:
        raise _not_a_key(path) from error


def recovery_key_present(home: Path) -> bool:
    """Whether the private recovery key still lies beside the keys that it is meant to replace one day."""
    return (home / RECOVERY_NAME).exists()


def _load_transport(path: Path, *, key_id: str) -> TransportKey:
    try:
        return TransportKey.from_pem(_read_private(path), key_id=key_id)
    except InvalidKey as error:
        raise _not_a_key(path) from error


def _not_a_key(path: Path) -> KeysInvalid:
    return KeysInvalid(f"{path} is not the key it should be: restore it from the backup.")


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise KeysInvalid(f"{path} can be read by others on this machine: run chmod 600 {path}.")
            return file.read(KEY_FILE_BYTES_MAX)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise KeysInvalid(f"{path} is missing: restore the folder keys from the backup.") from error
    except PermissionError as error:
        raise KeysInvalid(f"{path} cannot be read: run krets as the user who owns it.") from error
