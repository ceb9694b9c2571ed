"""Finding, fetching and showing peers, for the commands that decide about them."""

import asyncio
from dataclasses import dataclass

from node.app import Node
from node.commands.outgoing import find_outgoing, print_outgoing
from node.commands.printing import print_fields, print_json, print_line
from node.commands.refusals import CommandRefusedError
from node.domain.peers import FollowerState, FollowingState, Peer
from node.federation.fetch import FetchFailed, fetch_actor
from node.federation.transport import open_transport
from node.keys import load_recovery_public
from node.operations.learn_peer import LearnPeer, learn_peer
from node.store import peers
from protocol.discovery import RemoteActor


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What two people read to each other: of the keys that sign messages, and of the recovery key."""

    proof: tuple[str, ...]
    recovery: str | None


def fetch(node: Node, address: str) -> RemoteActor:
    """The actor at this address, fetched now. Raises CommandRefusedError with advice."""

    async def dial() -> RemoteActor:
        async with open_transport(loopback_allowed=node.settings.dev) as transport:
            return await fetch_actor(address, transport=transport, http_allowed=node.settings.dev)

    try:
        return asyncio.run(dial())
    except FetchFailed as error:
        raise CommandRefusedError("unreachable", error.safe_text) from error


def find_peer(node: Node, reference: str) -> Peer:
    """The peer with this number, address or actor. Raises CommandRefusedError."""
    text = reference.strip()

    def look(known: Peer) -> bool:
        return text.rstrip("/") in (known.actor_iri, known.origin, known.origin.partition("://")[2])

    if text.isdecimal() and text.isascii() and len(text) < 19:
        found = node.read(lambda connection: peers.find_peer(connection, int(text)))
    else:
        everybody = node.read(lambda connection: peers.list_peers(connection, limit=1_000_000))
        found = next((peer for peer in everybody if look(peer)), None)
    if found is None:
        raise CommandRefusedError("not-found", f"There is no peer {reference!r}; krets peer list shows them.")
    return found


def learn(node: Node, peer: Peer) -> Peer:
    """The peer as it is, after fetching who it is and verifying its Follow if nobody has looked yet."""
    if peer.follower_state is not FollowerState.UNVERIFIED:
        return peer
    actor = fetch(node, peer.actor_iri)
    command = LearnPeer(peer_id=peer.id, actor=actor)
    learnt = node.write(lambda connection: learn_peer(connection, command, author=node.author, now=node.clock()))
    if learnt.follower_state is FollowerState.NONE:
        raise CommandRefusedError(
            "forged", f"What claimed to come from {peer.origin} was not signed by it, and has been dropped."
        )
    return learnt


def standing_text(peer: Peer) -> str:
    """Where it stands with the peer, and what to do next."""
    if peer.blocked:
        return "blocked"
    match peer.follower_state:
        case FollowerState.UNVERIFIED:
            theirs = f"asks to be a peer: krets peer show {peer.id}"
        case FollowerState.PENDING:
            theirs = f"asks to be a peer: krets peer accept {peer.id} --tier partners"
        case FollowerState.ACCEPTED:
            theirs = "accepted by us"
        case FollowerState.REJECTED:
            theirs = "rejected by us"
        case FollowerState.ENDED:
            theirs = "has left"
        case FollowerState.NONE:
            theirs = "has not asked us"
    match peer.following_state:
        case FollowingState.SENT:
            ours = "we wait for their answer"
        case FollowingState.ACCEPTED:
            ours = "accepted by them"
        case FollowingState.REJECTED:
            ours = "rejected by them"
        case FollowingState.ENDED:
            ours = "ended"
        case FollowingState.NONE:
            ours = f"we have not asked: krets peer add {peer.origin}"
    return f"{theirs}; {ours}"


def print_peer(node: Node, peer: Peer, *, as_json: bool) -> None:
    """A peer, the fingerprints of both sides, and what is on its way."""
    outgoing = find_outgoing(node)
    ours = Fingerprints(
        proof=(node.author.proof_key.public.fingerprint,),
        recovery=load_recovery_public(node.settings.home).fingerprint,
    )
    theirs = _fingerprints_of(node, peer)
    if as_json:
        print_json(peer=peer, fingerprints={"ours": ours, "theirs": theirs}, outgoing=outgoing)
        return
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
    print_line("Read these to each other, by telephone or in person, before you accept:")
    print_fields(
        (
            ("  their signing key", ", ".join(theirs.proof) or "(unknown)"),
            ("  their recovery key", theirs.recovery or "(unknown)"),
            ("  our signing key", ", ".join(ours.proof)),
            ("  our recovery key", ours.recovery),
        )
    )
    print_outgoing(outgoing)


def _fingerprints_of(node: Node, peer: Peer) -> Fingerprints:
    known = node.read(
        lambda connection: None if peers.find_peer(connection, peer.id) is None else peers.load_keys(connection, peer)
    )
    if known is None:
        return Fingerprints(proof=(), recovery=peer.recovery_fingerprint)
    proof = tuple(sorted(key.fingerprint for key in known.proof_keys.values()))
    return Fingerprints(proof=proof, recovery=peer.recovery_fingerprint)
