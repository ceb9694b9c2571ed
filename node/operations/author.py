"""Who this node is when it writes: everything an operation needs to compose and sign a message."""

from collections.abc import Callable
from dataclasses import dataclass

from node.domain.categories import CategoryScheme
from node.domain.places import Coordinates
from protocol.identifiers import ActorIri, Iri, Origin
from protocol.keys import ProofKey
from protocol.strict_json import JsonValue


@dataclass(frozen=True, slots=True)
class Author:
    """The node's identity, proof key and message context, and where its random tokens come from.

    `coordinates` are already snapped to the node's grid. `draw_token` returns fresh unguessable base64url of 22
    characters or more at each call; tests and the simulator pass a seeded one.
    """

    actor_iri: ActorIri
    origin: Origin
    proof_key: ProofKey
    context: JsonValue
    scheme: CategoryScheme
    coordinates: Coordinates | None
    draw_token: Callable[[], str]

    def mint(self, collection: str) -> Iri:
        """A new IRI of ours in this collection, for example `https://asker.example/offers/3f…`."""
        return Iri(f"{self.origin}/{collection}/{self.draw_token()}")
