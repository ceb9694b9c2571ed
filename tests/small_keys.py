"""A smaller RSA key for nodes that tests serve: 2,048 bits, the least that peers take.

A node proves at each start that its key's numbers are primes. That takes 0.05 s with 2,048 bits and 0.13 s with the
3,072 of `krets init`, which is longer than most tests.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from node.keys import FOLDER_NAME, MAIN_NAME
from protocol.limits import RSA_BITS_MIN


def write_small_key(home: Path) -> None:
    """Put a fresh small key in the place of the node's RSA key."""
    private = generate_private_key(public_exponent=65_537, key_size=RSA_BITS_MIN)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (home / FOLDER_NAME / MAIN_NAME).write_bytes(pem)
