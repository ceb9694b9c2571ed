"""Finding, fetching and showing peers, for the commands that decide about them."""

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from node.commands.outgoing import find_outgoing, print_outgoing
from node.commands.printing import print_fields, print_json, print_line
from node.commands.refusals import CommandRefusedError
from node.domain.peers import FollowerState, FollowingState, Peer
from node.keys import load_recovery_public
from node.opening import Node
from node.operations.add_peer import AddPeer, add_peer
from node.operations.learn_peer import LearnPeer, learn_peer
from node.store import peers
from protocol.discovery import RemoteActor
from protocol.vocabulary import OrganisationKind, Tier

FETCHES_MAX = 8
"""Actors fetched at the same time when several peers are added at once."""

PEERS_MAX = 1_000_000
"""Peers that are looked through for an address: all of them."""

_THEIR_WISH = {
    FollowerState.NONE: "has not asked us",
    FollowerState.UNVERIFIED: "asks to be a peer: krets peer show {id}",
    FollowerState.PENDING: "asks to be a peer: krets peer accept {id} --tier {tier}",
    FollowerState.ACCEPTED: "accepted by us",
    FollowerState.REJECTED: "rejected by us",
    FollowerState.ENDED: "has left",
}
_OUR_WISH = {
    FollowingState.NONE: "we have not asked: krets peer add {origin}",
    FollowingState.SENT: "we wait for their answer",
    FollowingState.ACCEPTED: "accepted by them",
    FollowingState.REJECTED: "rejected by them",
    FollowingState.ENDED: "ended",
}


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What two people read to each other: of the keys that sign messages, and of the recovery key."""

    proof: tuple[str, ...]
    recovery: str | None


@dataclass(frozen=True, slots=True)
class ShownPeer:
    """A peer with its fingerprints as we know them."""

    peer: Peer
    fingerprints: Fingerprints


def fetch_all(node: Node, addresses: Sequence[str]) -> list[RemoteActor]:
    """The actors at these addresses, fetched now. Raises CommandRefusedError with advice at the first that fails."""
    # Imported here: most commands about peers talk to nobody, and HTTP is slow to import.
    from node.federation.fetch import FetchFailed, fetch_actor
    from node.federation.transport import HttpTransport

    async def dial() -> list[RemoteActor]:
        dev = node.settings.dev
        places = asyncio.Semaphore(FETCHES_MAX)
        async with HttpTransport(loopback_allowed=dev) as transport:

            async def fetch(address: str) -> RemoteActor:
                async with places:
                    return await fetch_actor(address, transport=transport, http_allowed=dev)

            return list(await asyncio.gather(*(fetch(address) for address in addresses)))

    try:
        return asyncio.run(dial())
    except FetchFailed as error:
        raise CommandRefusedError("unreachable", error.safe_text) from error


def ask_to_peer(node: Node, connection: sqlite3.Connection, actors: Sequence[RemoteActor]) -> list[Peer]:
    """Follow all of these actors. The caller holds the transaction."""
    now = node.clock()
    return [add_peer(connection, AddPeer(actor=actor), author=node.author, now=now) for actor in actors]


def load_peers(connection: sqlite3.Connection, known: Sequence[Peer]) -> list[Peer]:
    """The same peers as they are now."""
    return [peers.load_peer(connection, peer.id) for peer in known]


def find_peers(node: Node, references: Sequence[str]) -> list[Peer]:
    """The peers with these numbers, addresses or actors. Raises CommandRefusedError."""
    return [_find_peer(node, reference) for reference in references]


def _find_peer(node: Node, reference: str) -> Peer:
    text = reference.strip().rstrip("/")
    if text.isdecimal() and text.isascii() and len(text) < 19:
        found = node.read(lambda connection: peers.find_peer(connection, int(text)))
    else:
        everybody = node.read(lambda connection: peers.list_peers(connection, limit=PEERS_MAX))
        found = next(
            (peer for peer in everybody if text in (peer.actor_iri, peer.origin, peer.origin.partition("://")[2])),
            None,
        )
    if found is None:
        raise CommandRefusedError("not-found", f"There is no peer {reference!r}; krets peer list shows them.")
    return found


def learn(node: Node, known: Sequence[Peer]) -> list[Peer]:
    """The peers as they are, after fetching who those are that nobody has looked at, and verifying that they asked."""
    strangers = [peer for peer in known if peer.follower_state is FollowerState.UNVERIFIED]
    if not strangers:
        return list(known)
    actors = fetch_all(node, [peer.actor_iri for peer in strangers])
    now = node.clock()
    node.write(
        lambda connection: [
            learn_peer(connection, LearnPeer(peer_id=peer.id, actor=actor), author=node.author, now=now)
            for peer, actor in zip(strangers, actors, strict=True)
        ]
    )
    learnt = node.read(lambda connection: load_peers(connection, known))
    for before, after in zip(known, learnt, strict=True):
        if before.follower_state is FollowerState.UNVERIFIED and after.follower_state is FollowerState.NONE:
            raise CommandRefusedError(
                "forged", f"What claimed to come from {after.origin} was not signed by it, and has been dropped."
            )
    return learnt


def without_ended_tiers(peer: Peer) -> Peer:
    """The peer with a tier only where it holds: what was granted before a no, an end or a block shows nothing more."""
    granted = peer.follower_state is FollowerState.ACCEPTED and not peer.blocked
    received = peer.following_state is FollowingState.ACCEPTED and not peer.blocked
    return replace(
        peer,
        granted_tier=peer.granted_tier if granted else None,
        received_tier=peer.received_tier if received else None,
    )


def standing_text(peer: Peer) -> str:
    """Where it stands with the peer, and what to do next."""
    if peer.blocked:
        return "blocked"
    theirs, ours = _THEIR_WISH[peer.follower_state], _OUR_WISH[peer.following_state]
    # A suggestion: a person decides.
    tier = Tier.PARTNERS if peer.kind == OrganisationKind.MUNICIPALITY else Tier.ORGANISATIONS
    return f"{theirs}; {ours}".format(id=peer.id, origin=peer.origin, tier=tier.value)


def print_peers(node: Node, shown: Sequence[Peer], *, as_json: bool) -> None:
    """Peers, the fingerprints of both sides, and what is on its way."""
    outgoing = find_outgoing(node)
    ours = Fingerprints(
        proof=(node.author.proof_key.public.fingerprint,),
        recovery=load_recovery_public(node.settings.home).fingerprint,
    )
    with_fingerprints = [
        ShownPeer(peer=without_ended_tiers(peer), fingerprints=_fingerprints_of(node, peer)) for peer in shown
    ]
    if as_json:
        print_json(peers=with_fingerprints, our_fingerprints=ours, outgoing=outgoing)
        return
    for one in with_fingerprints:
        _print_peer(one, ours)
    print_outgoing(outgoing)


def _print_peer(shown: ShownPeer, ours: Fingerprints) -> None:
    peer, theirs = shown.peer, shown.fingerprints
    print_fields(
        (
            ("Peer", peer.id),
            ("Name", peer.name or "(not looked at yet)"),
            ("Address", peer.origin),
            ("What it is", peer.kind),
            ("Organisation number", " ".join(part for part in (peer.country, peer.org_number) if part)),
            ("They see of us", peer.granted_tier.value if peer.granted_tier else None),
            ("We see of them", peer.received_tier.value if peer.received_tier else None),
            ("Where it stands", standing_text(peer)),
        )
    )
    print_line()
    undecided = peer.follower_state in (FollowerState.UNVERIFIED, FollowerState.PENDING)
    when = ", before you accept" if undecided else ""
    print_line(f"Read these to each other, by telephone or in person{when}:")
    print_fields(
        (
            ("  their signing key", ", ".join(theirs.proof) or "(unknown)"),
            ("  their recovery key", theirs.recovery or "(unknown)"),
            ("  our signing key", ", ".join(ours.proof)),
            ("  our recovery key", ours.recovery),
        )
    )
    print_line()


def _fingerprints_of(node: Node, peer: Peer) -> Fingerprints:
    known = node.read(
        lambda connection: None if peers.find_peer(connection, peer.id) is None else peers.load_keys(connection, peer)
    )
    if known is None:
        return Fingerprints(proof=(), recovery=peer.recovery_fingerprint)
    proof = tuple(sorted(key.fingerprint for key in known.proof_keys.values()))
    return Fingerprints(proof=proof, recovery=peer.recovery_fingerprint)
