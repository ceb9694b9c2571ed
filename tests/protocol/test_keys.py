"""Keys: published encodings, limits on both sides, and each key refused with which a signature could fit anything."""

import base64
import hashlib
import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import InvalidKey, ProofInvalid, SignatureInvalid
from protocol.keys import (
    ProofKey,
    PublicProofKey,
    PublicTransportKey,
    TransportKey,
    ed25519_pem_from_seed,
    fingerprint_of,
    multibase_of,
    parse_multibase,
)
from protocol.limits import MULTIBASE_CHARS_MAX, PEM_CHARS_MAX, RSA_BITS_MAX, RSA_BITS_MIN, RSA_EXPONENT_MAX
from tests.shared_files import shared_file

OWNER = "https://asker.example/actor"
KEY_ID = "https://asker.example/actor#main-key"

# RFC 8032, 7.1, TEST 1 to 3: secret, public, message, signature.
RFC_8032_CASES = (
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
)

# Every encoding of a point whose order divides 8, canonical ones first. Source: the eight torsion points of the curve
# of RFC 8032, 5.1 (computed again by a test below), and Chalkias, Garillot, Nikolaenko: Taming the many EdDSAs (2020),
# table 1, for the six that are not canonical.
SMALL_ORDER_ENCODINGS = (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
)

FIELD_PRIME = 2**255 - 19
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE_D = -121665 * pow(121666, -1, FIELD_PRIME) % FIELD_PRIME

# Every encoding whose y is not reduced: y from the prime to 2^255 - 1, with either sign.
UNREDUCED_ENCODINGS = tuple(
    (y | sign << 255).to_bytes(32, "little") for y in range(FIELD_PRIME, 2**255) for sign in (0, 1)
)


def point_of(encoding: bytes) -> tuple[int, int] | None:
    """The affine point of an encoding by RFC 8032, 5.1.3, without its refusals; None off the curve."""
    number = int.from_bytes(encoding, "little")
    y, sign = (number & (2**255 - 1)) % FIELD_PRIME, number >> 255
    square = (y * y - 1) * pow(CURVE_D * y * y + 1, -1, FIELD_PRIME) % FIELD_PRIME
    x = pow(square, (FIELD_PRIME + 3) // 8, FIELD_PRIME)
    if (x * x - square) % FIELD_PRIME:
        x = x * pow(2, (FIELD_PRIME - 1) // 4, FIELD_PRIME) % FIELD_PRIME
    if (x * x - square) % FIELD_PRIME:
        return None
    return (x if x % 2 == sign else -x % FIELD_PRIME), y


def added(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """The sum of two points (RFC 8032, 5.1.4, affine)."""
    product = CURVE_D * a[0] * b[0] * a[1] * b[1] % FIELD_PRIME
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + product, -1, FIELD_PRIME)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, FIELD_PRIME)
    return x % FIELD_PRIME, y % FIELD_PRIME


def encoding_of(point: tuple[int, int]) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def multikey(raw: bytes) -> str:
    return multibase_of(b"\xed\x01" + raw)


def ed25519_pem(raw: bytes) -> str:
    public = Ed25519PublicKey.from_public_bytes(raw)
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def rsa_pem(*, bits: int, exponent: int = 65537) -> str:
    """A public RSA key of this size; nobody knows its factors, which nothing here needs."""
    public = rsa.RSAPublicNumbers(e=exponent, n=2**bits - 1).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _pem_around(der: bytes) -> str:
    return f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(der).decode()}\n-----END PUBLIC KEY-----\n"


def private_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_transport_key(pem: str) -> PublicTransportKey:
    return PublicTransportKey.from_pem(pem, key_id=KEY_ID, owner_iri=OWNER)


@pytest.fixture(scope="module")
def rsa_private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032_CASES)
def test_proof_keys_sign_and_verify_the_examples_of_rfc_8032(
    secret: str, public: str, message: str, signature: str
) -> None:
    key = ProofKey.from_seed(bytes.fromhex(secret), key_id=KEY_ID)

    signed = key.sign(bytes.fromhex(message))

    assert key.key_id == KEY_ID
    assert key.public.raw.hex() == public
    assert signed.hex() == signature
    key.public.verify(signed, bytes.fromhex(message))


def test_a_multikey_is_written_and_read_as_in_fep_8b32() -> None:
    # FEP-8b32, feature "Signing document": the secret key in multibase (codec 0x1300) and the public key.
    secret = parse_multibase("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq")
    public = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"

    key = ProofKey.from_seed(secret.removeprefix(b"\x80\x26"), key_id=KEY_ID)

    assert key.public.multibase == public
    assert PublicProofKey.from_multibase(public) == key.public


def test_the_multikey_of_fep_521a_is_reproduced() -> None:
    ed25519_case, rsa_case = json.loads(shared_file("vectors", "fep-521a.json").read_bytes())
    raw = bytes.fromhex(ed25519_case["values"][0]["value"])
    multibase = ed25519_case["documents"][0]["publicKeyMultibase"]

    key = PublicProofKey.from_multibase(multibase)

    assert (key.raw, key.multibase) == (raw, multibase)
    with pytest.raises(InvalidKey):
        PublicProofKey.from_multibase(rsa_case["documents"][0]["publicKeyMultibase"])


def test_a_fingerprint_is_128_bits_of_the_digest_in_groups_that_people_can_compare() -> None:
    key = ProofKey.from_seed(bytes(32), key_id=KEY_ID).public

    assert key.fingerprint == fingerprint_of(key.raw)
    assert key.fingerprint.replace(" ", "") == hashlib.sha256(key.raw).hexdigest()[:32]
    assert [len(group) for group in key.fingerprint.split(" ")] == [4] * 8


def test_the_listed_encodings_are_exactly_those_of_small_order() -> None:
    generator_of_torsion = point_of(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"))
    assert generator_of_torsion is not None
    torsion = [generator_of_torsion]
    for _ in range(7):
        torsion.append(added(torsion[-1], generator_of_torsion))
    unreduced = {encoding for encoding in UNREDUCED_ENCODINGS if point_of(encoding) in torsion}
    negative_zero = {(y | 1 << 255).to_bytes(32, "little") for y in (1, FIELD_PRIME - 1)}

    encodings = {encoding_of(point) for point in torsion} | negative_zero | unreduced

    assert len(set(torsion)) == 8
    assert {encoding.hex() for encoding in encodings} == set(SMALL_ORDER_ENCODINGS)


@pytest.mark.parametrize("encoding", SMALL_ORDER_ENCODINGS)
def test_a_key_of_small_order_is_refused_at_enrolment(encoding: str) -> None:
    raw = bytes.fromhex(encoding)

    with pytest.raises(InvalidKey) as caught:
        PublicProofKey.from_multibase(multikey(raw))
    with pytest.raises(InvalidKey):
        read_transport_key(ed25519_pem(raw))

    assert (caught.value.status, caught.value.code) == (400, "invalid-key")


def test_a_key_in_another_than_the_canonical_encoding_is_refused_at_enrolment() -> None:
    for encoding in UNREDUCED_ENCODINGS:
        with pytest.raises(InvalidKey):
            PublicProofKey.from_multibase(multikey(encoding))
        with pytest.raises(InvalidKey):
            read_transport_key(ed25519_pem(encoding))

    assert len(UNREDUCED_ENCODINGS) == 38


@pytest.mark.parametrize("torsion", SMALL_ORDER_ENCODINGS[1:8])
def test_a_key_with_a_part_of_small_order_is_refused_at_enrolment(torsion: str) -> None:
    honest = ProofKey.from_seed(bytes(32), key_id=KEY_ID).public
    honest_point, torsion_point = point_of(honest.raw), point_of(bytes.fromhex(torsion))
    assert honest_point is not None
    assert torsion_point is not None

    mixed = encoding_of(added(honest_point, torsion_point))

    with pytest.raises(InvalidKey):
        PublicProofKey.from_multibase(multikey(mixed))


def test_a_point_off_the_curve_is_refused_at_enrolment() -> None:
    off_curve = [raw for raw in (number.to_bytes(32, "little") for number in range(2, 40)) if point_of(raw) is None]

    for raw in off_curve:
        with pytest.raises(InvalidKey):
            PublicProofKey.from_multibase(multikey(raw))

    assert off_curve


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_multikey_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(InvalidKey):
        PublicProofKey.from_multibase(multikey(b"\x58" + bytes(length))[:MULTIBASE_CHARS_MAX])


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "z",
        "z6Mk",
        "6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "Z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "uPMqbWEM3lDR6KXAq",
        "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2 ",
        "z 6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "z0MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        # A good key under the codec of another kind (X25519).
        multibase_of(b"\xec\x01" + bytes.fromhex(RFC_8032_CASES[0][1])),
    ],
)
def test_what_is_not_an_ed25519_multikey_is_refused(text: object) -> None:
    with pytest.raises(InvalidKey):
        PublicProofKey.from_multibase(text)


@pytest.mark.parametrize("chars", [MULTIBASE_CHARS_MAX - 1, MULTIBASE_CHARS_MAX])
def test_a_multibase_text_up_to_the_length_limit_is_decoded(chars: int) -> None:
    assert parse_multibase("z" + "1" * (chars - 1)) == bytes(chars - 1)


def test_a_multibase_text_over_the_length_limit_is_not_decoded() -> None:
    with pytest.raises(InvalidKey):
        parse_multibase("z" + "1" * MULTIBASE_CHARS_MAX)


@given(st.binary(max_size=80))
def test_octets_survive_multibase(octets: bytes) -> None:
    text = multibase_of(octets)

    assert octets == (parse_multibase(text) if octets else b"")


@given(st.text(max_size=140) | st.from_regex(r"z[1-9A-HJ-NP-Za-km-z]{0,60}", fullmatch=True))
def test_any_text_is_a_key_or_refused_with_invalid_key(text: str) -> None:
    try:
        key = PublicProofKey.from_multibase(text)
    except InvalidKey:
        return

    assert key.multibase == text


@given(st.text(max_size=200) | st.binary(max_size=80).map(_pem_around))
def test_any_pem_is_a_key_or_refused_with_invalid_key(pem: str) -> None:
    try:
        key = read_transport_key(pem)
    except InvalidKey:
        return

    assert read_transport_key(key.pem) == key


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        (lambda good: good, b"thirteen chairs"),
        (lambda good: bytes([good[0] ^ 1]) + good[1:], b"twelve chairs"),
        (lambda good: good[:32] + bytes([good[32] ^ 1]) + good[33:], b"twelve chairs"),
        (lambda good: good[:-1], b"twelve chairs"),
        (lambda good: good + b"\x00", b"twelve chairs"),
        (lambda good: b"", b"twelve chairs"),
        # S plus the order of the group: the same signature in another spelling (RFC 8032, 5.1.7).
        (
            lambda good: good[:32] + (int.from_bytes(good[32:], "little") + GROUP_ORDER).to_bytes(32, "little"),
            b"twelve chairs",
        ),
    ],
)
def test_another_signature_or_message_is_refused(signature: Callable[[bytes], bytes], message: bytes) -> None:
    proof_key = ProofKey.from_seed(bytes(range(32)), key_id=KEY_ID)
    transport_key = read_transport_key(ed25519_pem(proof_key.public.raw))
    altered = signature(proof_key.sign(b"twelve chairs"))

    with pytest.raises(ProofInvalid) as caught:
        proof_key.public.verify(altered, message)
    with pytest.raises(SignatureInvalid) as caught_transport:
        transport_key.verify(altered, message)

    assert (caught.value.status, caught.value.code) == (401, "proof-invalid")
    assert (caught_transport.value.status, caught_transport.value.code) == (401, "signature-invalid")


def test_a_signature_with_a_small_order_commitment_is_refused_although_the_equation_holds() -> None:
    # R is the identity and S = h * a, so S * B = R + h * A: OpenSSL accepts it, a strict verifier does not.
    seed, message = bytes(range(32)), b"twelve chairs"
    public = ProofKey.from_seed(seed, key_id=KEY_ID).public
    clamped = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little") & ((1 << 254) - 8) | (1 << 254)
    commitment = bytes.fromhex(SMALL_ORDER_ENCODINGS[0])
    challenge = int.from_bytes(hashlib.sha512(commitment + public.raw + message).digest(), "little")
    signature = commitment + (challenge * clamped % GROUP_ORDER).to_bytes(32, "little")

    Ed25519PublicKey.from_public_bytes(public.raw).verify(signature, message)
    with pytest.raises(ProofInvalid):
        public.verify(signature, message)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_seed_of_another_length_is_the_callers_error(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        ProofKey.from_seed(bytes(length), key_id=KEY_ID)
    with pytest.raises(ValueError, match="32 bytes"):
        ed25519_pem_from_seed(bytes(length))


def test_a_secret_is_not_in_the_text_of_its_key(rsa_private: rsa.RSAPrivateKey) -> None:
    seed = bytes(range(32))
    proof_key = ProofKey.from_seed(seed, key_id=KEY_ID)
    transport_key = TransportKey.from_pem(ed25519_pem_from_seed(seed), key_id=KEY_ID)
    rsa_key = TransportKey.from_pem(private_pem(rsa_private), key_id=KEY_ID)

    for text in (repr(proof_key), repr(transport_key), repr(rsa_key)):
        assert "signer" not in text
        assert seed.hex() not in text
        assert str(seed) not in text


def test_an_ed25519_transport_key_signs_what_its_public_half_verifies() -> None:
    key = TransportKey.from_pem(ed25519_pem_from_seed(bytes(range(32))), key_id=KEY_ID)
    public = read_transport_key(key.public_pem)

    public.verify(key.sign(b"a request"), b"a request")

    assert (key.algorithm, public.algorithm) == ("ed25519", "ed25519")
    assert (public.key_id, public.owner_iri, public.pem) == (KEY_ID, OWNER, key.public_pem)


def test_an_rsa_transport_key_signs_what_its_public_half_verifies(rsa_private: rsa.RSAPrivateKey) -> None:
    key = TransportKey.from_pem(private_pem(rsa_private), key_id=KEY_ID)
    public = read_transport_key(key.public_pem)
    signature = key.sign(b"a request")

    public.verify(signature, b"a request")

    assert (key.algorithm, public.algorithm) == ("rsa-v1_5-sha256", "rsa-v1_5-sha256")
    for altered, message in ((signature, b"another"), (signature[:-1] + b"\x00", b"a request"), (b"", b"a request")):
        with pytest.raises(SignatureInvalid):
            public.verify(altered, message)


def test_one_key_in_two_encodings_is_one_key(rsa_private: rsa.RSAPrivateKey) -> None:
    public = rsa_private.public_key()
    pkcs1 = public.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    spki = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    assert read_transport_key(pkcs1) == read_transport_key(spki)
    assert read_transport_key("a note before\n" + pkcs1).pem == spki


@pytest.mark.parametrize("bits", [RSA_BITS_MIN, RSA_BITS_MIN + 1, RSA_BITS_MAX - 1, RSA_BITS_MAX])
def test_an_rsa_key_within_the_size_limits_is_read(bits: int) -> None:
    assert read_transport_key(rsa_pem(bits=bits)).algorithm == "rsa-v1_5-sha256"


@pytest.mark.parametrize("bits", [1024, RSA_BITS_MIN - 1, RSA_BITS_MAX + 1])
def test_an_rsa_key_outside_the_size_limits_is_refused(bits: int) -> None:
    with pytest.raises(InvalidKey):
        read_transport_key(rsa_pem(bits=bits))


def test_an_rsa_exponent_is_read_up_to_the_limit_and_refused_above() -> None:
    read_transport_key(rsa_pem(bits=2048, exponent=RSA_EXPONENT_MAX - 3))
    read_transport_key(rsa_pem(bits=2048, exponent=RSA_EXPONENT_MAX - 1))
    with pytest.raises(InvalidKey):
        read_transport_key(rsa_pem(bits=2048, exponent=RSA_EXPONENT_MAX + 1))


def test_a_pem_is_read_up_to_the_length_limit_and_refused_above() -> None:
    pem = rsa_pem(bits=2048)

    read_transport_key(pem.ljust(PEM_CHARS_MAX - 1))
    read_transport_key(pem.ljust(PEM_CHARS_MAX))
    with pytest.raises(InvalidKey):
        read_transport_key(pem.ljust(PEM_CHARS_MAX + 1))


@pytest.mark.parametrize(
    "private",
    [ec.generate_private_key(ec.SECP256R1()), ed448.Ed448PrivateKey.generate(), x25519.X25519PrivateKey.generate()],
    ids=["elliptic", "ed448", "x25519"],
)
def test_a_public_key_of_another_kind_is_refused(
    private: ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey | x25519.X25519PrivateKey,
) -> None:
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    with pytest.raises(InvalidKey):
        read_transport_key(pem)


@pytest.mark.parametrize(
    "pem",
    ["", "not a key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "-----BEGIN PUBLIC KEY-----æ"],
)
def test_what_is_not_a_public_key_in_pem_is_refused(pem: str) -> None:
    with pytest.raises(InvalidKey):
        read_transport_key(pem)


def test_a_private_key_that_cannot_be_a_transport_key_is_refused(rsa_private: rsa.RSAPrivateKey) -> None:
    encrypted = rsa_private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    small = private_pem(rsa.generate_private_key(public_exponent=65537, key_size=1024))
    elliptic = private_pem(ec.generate_private_key(ec.SECP256R1()))
    public = rsa_pem(bits=2048).encode()

    for pem in (encrypted, small, elliptic, public, b"", b"\xff"):
        with pytest.raises(InvalidKey):
            TransportKey.from_pem(pem, key_id=KEY_ID)
