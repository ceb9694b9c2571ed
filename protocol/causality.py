"""Who knew what: the causal order that the `seen` lists of signed messages draw.

Here: ancestors and one agreed order of a set of messages, from their digests alone. Not here: what the messages mean
(`protocol.agreements`). A message lists the digests of messages that its sender knew; the list, followed back through
the set, is what the sender had seen. Nobody can list a digest before the message with that digest exists, so the
lists of real messages draw no circle.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from protocol.identifiers import Digest


@dataclass(frozen=True, slots=True)
class CausalOrder:
    """A set of messages in one order that every holder of the set finds, earlier knowledge first.

    `digests` is that order: by the number of messages that the sender had seen, then by digest. `views` has for each
    position the positions that its sender had seen, as the bits of an integer; all of them are lower. `circular` are
    the digests that are left out because their lists lead back to themselves, and what saw them.
    """

    digests: tuple[Digest, ...]
    views: tuple[int, ...]
    circular: frozenset[Digest]


def order_by_knowledge(seen: Mapping[Digest, frozenset[Digest]], *, first: Digest) -> CausalOrder:
    """The causal order of the messages that are the keys of `seen`; digests that are not keys are ignored.

    `first` is the message that opens the conversation: everybody else has seen it, whether they list it or not.
    The work grows with the number of listed digests times the number of messages divided by the word of an integer.

    >>> a, b, c = Digest("sha-256:a"), Digest("sha-256:b"), Digest("sha-256:c")
    >>> order = order_by_knowledge({c: frozenset(), b: frozenset({a}), a: frozenset()}, first=c)
    >>> order.digests, [bin(view) for view in order.views]
    (('sha-256:c', 'sha-256:a', 'sha-256:b'), ['0b0', '0b1', '0b11'])
    """
    known = {
        digest: {listed for listed in listing if listed in seen} | {first}
        for digest, listing in seen.items()
        if digest != first
    }
    known[first] = set()
    reading_order = _sources_first(known)
    counts = _view_sizes(known, reading_order)
    digests = tuple(sorted(reading_order, key=lambda digest: (counts[digest], digest)))
    positions = {digest: position for position, digest in enumerate(digests)}
    views: list[int] = []
    for digest in digests:
        view = 0
        for listed in known[digest]:
            view |= views[positions[listed]] | 1 << positions[listed]
        views.append(view)
    return CausalOrder(digests=digests, views=tuple(views), circular=frozenset(seen.keys() - positions.keys()))


def _sources_first(known: Mapping[Digest, set[Digest]]) -> list[Digest]:
    """The digests in some order in which everything comes after what it saw (Kahn); circles are left out."""
    readers: dict[Digest, list[Digest]] = {digest: [] for digest in known}
    for digest, listing in known.items():
        for listed in listing:
            readers[listed].append(digest)
    missing = {digest: len(listing) for digest, listing in known.items()}
    order = [digest for digest, count in missing.items() if count == 0]
    for digest in order:
        for reader in readers[digest]:
            missing[reader] -= 1
            if missing[reader] == 0:
                order.append(reader)
    return order


def _view_sizes(known: Mapping[Digest, set[Digest]], reading_order: list[Digest]) -> dict[Digest, int]:
    """How many messages the sender of each had seen."""
    bits = {digest: 1 << position for position, digest in enumerate(reading_order)}
    views: dict[Digest, int] = {}
    for digest in reading_order:
        view = 0
        for listed in known[digest]:
            view |= views[listed] | bits[listed]
        views[digest] = view
    return {digest: view.bit_count() for digest, view in views.items()}
