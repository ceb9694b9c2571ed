"""Keys for proofs (Ed25519 Multikey) and for transport (RSA or Ed25519 in PEM), parsed once and then trusted.

A proof key and a transport key are different types on purpose: one key id must never serve both (Fedify 2.3.6
remembers a failed transport key and then refuses valid proofs by it; measured). Nothing here draws randomness: a
caller brings the seed or the PEM. libsodium (PyNaCl) signs and verifies Ed25519: it is twice as fast as `cryptography`
here and refuses small-order keys and non-canonical encodings, with which one signature can fit any message
(1,000 of 1,000 random messages verified in OpenSSL; measured 23 November 2026).

Sources: RFC 8032 (Ed25519), FEP-521a and the Multikey part of W3C Controlled Identifiers (encodings), RFC 8017 (RSA).
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Literal, Self, TypeAlias

import base58
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from nacl.bindings import crypto_core_ed25519_is_valid_point
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from protocol.errors import InvalidKey, ProofInvalid, SignatureInvalid
from protocol.identifiers import KeyIri
from protocol.limits import MULTIBASE_CHARS_MAX, PEM_CHARS_MAX, RSA_BITS_MAX, RSA_BITS_MIN, RSA_EXPONENT_MAX

ED25519_KEY_BYTES = 32
ED25519_SIGNATURE_BYTES = 64

# Every Ed25519 Multikey begins so: `z` for base58btc and the first digits of the multicodec prefix 0xed 0x01. Other
# kinds of key begin otherwise, so a reader can pass over them without decoding.
ED25519_MULTIBASE_START = "z6Mk"

_ED25519_CODEC = b"\xed\x01"
_MULTIBASE = re.compile(r"z[1-9A-HJ-NP-Za-km-z]+")

TransportAlgorithm: TypeAlias = Literal["rsa-v1_5-sha256", "ed25519"]


def multibase_of(octets: bytes) -> str:
    """The octets in multibase base58btc: `z` and base58 digits.

    >>> multibase_of(b"krets")
    'zD86UUtr'
    """
    return "z" + base58.b58encode(octets).decode("ascii")


def parse_multibase(text: object) -> bytes:
    """The octets of a base58btc multibase text of at most MULTIBASE_CHARS_MAX characters. Raises InvalidKey.

    >>> parse_multibase("zD86UUtr")
    b'krets'
    """
    if not isinstance(text, str) or len(text) > MULTIBASE_CHARS_MAX or not _MULTIBASE.fullmatch(text):
        raise InvalidKey("not a base58btc multibase text of the allowed length")
    return base58.b58decode(text[1:])


def fingerprint_of(public_key: bytes) -> str:
    """What two people read to each other: the first 128 bits of the key's SHA-256, as eight groups of four.

    >>> fingerprint_of(bytes(32))
    '6668 7aad f862 bd77 6c8f c18b 8e9f 8e20'
    """
    digits = hashlib.sha256(public_key).hexdigest()[:32]
    return " ".join(digits[start : start + 4] for start in range(0, 32, 4))


def ed25519_pem_from_seed(seed: bytes) -> bytes:
    """The PKCS #8 PEM, without encryption, of the Ed25519 private key with this 32-byte seed.

    >>> ed25519_pem_from_seed(bytes(32)).splitlines()[0]
    b'-----BEGIN PRIVATE KEY-----'
    """
    key = Ed25519PrivateKey.from_private_bytes(_checked_seed(seed))
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True)
class PublicProofKey:
    """An Ed25519 public key of full order in canonical encoding; there is no other instance.

    `raw` is the 32 bytes of RFC 8032. Two equal keys are equal values. Construction raises InvalidKey on points that
    are off the curve, of small order, outside the main subgroup, or encoded in another than the canonical way.
    """

    raw: bytes

    def __post_init__(self) -> None:
        _check_point(self.raw)

    @classmethod
    def from_multibase(cls, text: object) -> Self:
        """The key that a Multikey's `publicKeyMultibase` states (FEP-521a). Raises InvalidKey.

        >>> key = PublicProofKey.from_multibase("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")
        >>> key.fingerprint
        '3ba2 8cbd db7c 2559 e713 abe8 910c 3e9c'
        >>> identity_point = multibase_of(b"\\xed\\x01" + b"\\x01" + bytes(31))
        >>> PublicProofKey.from_multibase(identity_point)
        Traceback (most recent call last):
        ...
        protocol.errors.InvalidKey: an Ed25519 key of small order, off the curve or not in canonical form
        """
        octets = parse_multibase(text)
        if not octets.startswith(_ED25519_CODEC):
            raise InvalidKey("a Multikey of another kind than Ed25519")
        return cls(octets[len(_ED25519_CODEC) :])

    @property
    def multibase(self) -> str:
        """The text of `publicKeyMultibase`: `z6Mk` and 44 further characters."""
        return multibase_of(_ED25519_CODEC + self.raw)

    @property
    def fingerprint(self) -> str:
        """`fingerprint_of` this key, for comparison by people."""
        return fingerprint_of(self.raw)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return nothing if this key signed exactly this message; raises ProofInvalid otherwise."""
        if not _is_signed(self.raw, signature=signature, message=message):
            raise ProofInvalid("the Ed25519 signature is not by this key over this document")


@dataclass(frozen=True, slots=True, eq=False)
class ProofKey:
    """A private Ed25519 key that signs documents, with the id under which the actor lists it."""

    key_id: KeyIri
    public: PublicProofKey
    _signer: SigningKey = field(repr=False)

    @classmethod
    def from_seed(cls, seed: bytes, *, key_id: KeyIri | str) -> Self:
        """The key with this seed of 32 secret bytes. Raises ValueError on another length.

        >>> key = ProofKey.from_seed(bytes(range(32)), key_id="https://asker.example/actor#proof-1")
        >>> key.public.multibase
        'z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd'
        >>> key.public.verify(key.sign(b"twelve chairs"), b"twelve chairs")
        """
        signer = SigningKey(_checked_seed(seed))
        return cls(key_id=KeyIri(key_id), public=PublicProofKey(bytes(signer.verify_key)), _signer=signer)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of the message; the same message always gets the same one."""
        return bytes(self._signer.sign(message).signature)


@dataclass(frozen=True, slots=True)
class PublicTransportKey:
    """A peer's key for HTTP signatures: RSA of acceptable size, or Ed25519 as strict as a proof key.

    `pem` is always a SubjectPublicKeyInfo, whatever form was read, so equal keys have equal texts. `owner_iri` is who
    may speak with it; whether that is so is for the reader of the actor document to check.
    """

    key_id: str
    owner_iri: str
    algorithm: TransportAlgorithm
    pem: str
    _verifier: RSAPublicKey | bytes = field(repr=False, compare=False)

    @classmethod
    def from_pem(cls, pem: str, *, key_id: str, owner_iri: str) -> Self:
        """The key of a `publicKeyPem`. Raises InvalidKey on other kinds, sizes and encodings.

        >>> pem = TransportKey.from_pem(ed25519_pem_from_seed(bytes(32)), key_id="https://a.example/#k").public_pem
        >>> key = PublicTransportKey.from_pem(pem, key_id="https://a.example/#k", owner_iri="https://a.example/")
        >>> key.algorithm
        'ed25519'
        """
        if len(pem) > PEM_CHARS_MAX:
            raise InvalidKey(f"a PEM of {len(pem)} characters")
        try:
            public = load_pem_public_key(pem.encode("ascii"))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise InvalidKey(f"not a public key in PEM: {error}") from error
        algorithm: TransportAlgorithm
        verifier: RSAPublicKey | bytes
        if isinstance(public, RSAPublicKey):
            _check_rsa(public)
            algorithm, verifier = "rsa-v1_5-sha256", public
        elif isinstance(public, Ed25519PublicKey):
            algorithm, verifier = "ed25519", public.public_bytes_raw()
            _check_point(verifier)
        else:
            raise InvalidKey(f"a transport key is RSA or Ed25519, not {type(public).__name__}")
        return cls(key_id=key_id, owner_iri=owner_iri, algorithm=algorithm, pem=_pem_of(public), _verifier=verifier)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return nothing if this key signed exactly this message; raises SignatureInvalid otherwise."""
        if isinstance(self._verifier, bytes):
            if _is_signed(self._verifier, signature=signature, message=message):
                return
            raise SignatureInvalid("the Ed25519 signature is not by this key over this request")
        try:
            self._verifier.verify(signature, message, PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise SignatureInvalid("the RSA signature is not by this key over this request") from error


@dataclass(frozen=True, slots=True, eq=False)
class TransportKey:
    """A private key for HTTP signatures, with the id under which the actor publishes its public half."""

    key_id: str
    algorithm: TransportAlgorithm
    public_pem: str
    _signer: RSAPrivateKey | SigningKey = field(repr=False)

    @classmethod
    def from_pem(cls, pem: bytes, *, key_id: str) -> Self:
        """The key of an unencrypted PEM (PKCS #8 or PKCS #1). Raises InvalidKey on other kinds and sizes.

        >>> TransportKey.from_pem(ed25519_pem_from_seed(bytes(32)), key_id="https://asker.example/actor#ed-http").algorithm
        'ed25519'
        """
        try:
            private = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise InvalidKey(f"not an unencrypted private key in PEM: {error}") from error
        if isinstance(private, RSAPrivateKey):
            _check_rsa(private.public_key())
            return cls(
                key_id=key_id, algorithm="rsa-v1_5-sha256", public_pem=_pem_of(private.public_key()), _signer=private
            )
        if isinstance(private, Ed25519PrivateKey):
            signer = SigningKey(private.private_bytes_raw())
            return cls(key_id=key_id, algorithm="ed25519", public_pem=_pem_of(private.public_key()), _signer=signer)
        raise InvalidKey(f"a transport key is RSA or Ed25519, not {type(private).__name__}")

    def sign(self, message: bytes) -> bytes:
        """The signature of the message by `algorithm`; the same message always gets the same one."""
        if isinstance(self._signer, SigningKey):
            return bytes(self._signer.sign(message).signature)
        return self._signer.sign(message, PKCS1v15(), SHA256())


def _checked_seed(seed: bytes) -> bytes:
    if len(seed) != ED25519_KEY_BYTES:
        raise ValueError(f"a seed has {ED25519_KEY_BYTES} bytes, not {len(seed)}")
    return seed


def _check_point(raw: bytes) -> None:
    if len(raw) != ED25519_KEY_BYTES:
        raise InvalidKey(f"an Ed25519 key of {len(raw)} bytes")
    if not crypto_core_ed25519_is_valid_point(raw):
        raise InvalidKey("an Ed25519 key of small order, off the curve or not in canonical form")


def _check_rsa(key: RSAPublicKey) -> None:
    if not RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX:
        raise InvalidKey(f"an RSA key of {key.key_size} bits")
    if key.public_numbers().e > RSA_EXPONENT_MAX:
        raise InvalidKey("an RSA key with a public exponent that makes verifying slow")


def _is_signed(raw: bytes, *, signature: bytes, message: bytes) -> bool:
    # libsodium checks a canonical S and refuses small-order R and keys (RFC 8032, 5.1.7, strictly).
    if len(signature) != ED25519_SIGNATURE_BYTES:
        return False
    try:
        VerifyKey(raw).verify(message, signature)
    except BadSignatureError:
        return False
    return True


def _pem_of(public: RSAPublicKey | Ed25519PublicKey) -> str:
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
