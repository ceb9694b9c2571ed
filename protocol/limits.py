"""Every bound on what another party can make this node hold, compute or wait for. Numbers only, no behaviour.

The unit is the last or next to last word of a name; `_MAX` is the largest value that is still accepted. The design's
limits carry no more reason than their comment; where a limit follows from a measurement the comment says which.
"""

# --- sizes of what is received ---

# One activity or other document. Our largest message (an Agreement with 100 commitments) stays under 64 KiB.
ACTIVITY_BYTES_MAX = 262_144

# One page of a feed, and so the largest body that is ever parsed: it ends at the first of these two.
PAGE_ENTRIES_MAX = 100
PAGE_BYTES_MAX = 4 * 1_048_576

# An actor, WebFinger or NodeInfo document. Fedify 2.3.6 actors with two keys measure 5 KiB.
DISCOVERY_BYTES_MAX = 65_536

# Levels of arrays and objects. AS2 with an embedded Agreement and its proof needs 9.
JSON_DEPTH_MAX = 32

# Keys of one JSON object. The widest published context (ActivityStreams) has fewer than 200.
OBJECT_KEYS_MAX = 1_000

# The largest and smallest integer of I-JSON (RFC 7493, 2.2): beyond it two parsers may read two numbers.
SAFE_INTEGER_MAX = 2**53 - 1

# --- texts ---

# Characters of one identifier. URLs beyond 2,048 are cut or refused by proxies in use.
IRI_CHARS_MAX = 2_048

# Characters of a host name: RFC 1035, 2.3.4 (253 without the root dot); of one label: 63.
HOST_CHARS_MAX = 253
LABEL_CHARS_MAX = 63

# Characters of a name or title, and of a description, in one language.
NAME_CHARS_MAX = 200
CONTENT_CHARS_MAX = 5_000

# --- HTTP signatures ---

# Seconds from `created` to `expires`: the time in which a nonce must be remembered (design: transport).
SIGNATURE_WINDOW_SECONDS = 300

# Seconds that `created` may lie in the future, for clocks that disagree. Equal to the window, so that the replay
# memory holds a nonce for at most twice the window.
CLOCK_SKEW_SECONDS = 300

# Header fields of one request. Servers in use refuse more than about 100.
HEADER_FIELDS_MAX = 128

# Characters of Signature-Input, of Signature and of Content-Digest. An RSA-8192 signature is 1,368 in base64.
SIGNATURE_HEADER_CHARS_MAX = 4_096

# Parameters of a query string of which one is covered.
QUERY_PARAMETERS_MAX = 64

# Components that a signature may cover. We need 6; Fedify covers 6.
COVERED_COMPONENTS_MAX = 32

# Characters of a nonce: 16 random bytes are 22 in base64url; foreign signers use up to 64.
NONCE_CHARS_MAX = 128

# --- keys ---

# Keys listed by one actor, of each kind: the present one, those it replaced that are still listed, and a reserve.
KEYS_PER_ACTOR_MAX = 16

# Bits of an RSA modulus. Under 2,048 it can be broken; over 8,192 one verification costs more than 1 ms.
RSA_BITS_MIN = 2_048
RSA_BITS_MAX = 8_192

# The largest public exponent. 65,537 is what everybody uses; one as long as the modulus makes verifying as slow as
# signing, at the verifier's cost.
RSA_EXPONENT_MAX = 2**32

# Characters of a public key in PEM. RSA-8192 is about 1,500.
PEM_CHARS_MAX = 4_096

# Characters of a multibase text that is decoded. Base58 decoding is quadratic; 64 bytes are at most 88 characters.
MULTIBASE_CHARS_MAX = 128

# --- exchange ---

# The largest quantity of one item, need or commitment, in its unit. Keeps sums of 1,000 messages in I-JSON integers.
QUANTITY_MAX = 1_000_000_000

# Digests of the other party's messages that one exchange message may list as seen.
SEEN_DIGESTS_MAX = 16

# IRIs that one message may be addressed to: three tier feeds, a bilateral feed, a peer, and a reserve.
AUDIENCE_ENTRIES_MAX = 16

# Messages of one party about one agreement, and their bytes together; a real one needs fewer than 20 of 3 KiB. Each
# party has a share of its own, so that nobody can use up the other's room to answer. Every message costs a reading of
# the whole thread, which takes 50 ms when both shares are full (measured 2026-11-24).
PARTY_MESSAGES_MAX = 100
PARTY_BYTES_MAX = 524_288
AGREEMENT_MESSAGES_MAX = 2 * PARTY_MESSAGES_MAX

# --- peers ---

# Follow requests from unknown origins that wait for a person; one an origin (design: peering).
UNKNOWN_FOLLOWS_MAX = 200

# Bytes of a message from somebody whose key we do not know, which is read before any signature is verified. A Follow
# with the longest identifiers is 12 KiB.
STRANGER_BYTES_MAX = 16_384

# Redirects of one fetch, all within the origin, and seconds that one fetch may take in all.
REDIRECTS_MAX = 3
FETCH_SECONDS_MAX = 10

# Links of a WebFinger or NodeInfo answer that are looked at.
DISCOVERY_LINKS_MAX = 32

# Seconds between attempts to deliver to a peer that does not answer: the first wait, and the longest. One attempt an
# hour keeps a peer that is away for months from costing anything, and finds it within the hour after its return.
RETRY_FIRST_SECONDS = 1
RETRY_CAP_SECONDS = 3_600
