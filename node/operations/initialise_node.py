"""Whose database this is."""

import sqlite3
from datetime import datetime

from node.domain.outcomes import refuse
from node.store import node as node_row


def initialise_node(connection: sqlite3.Connection, *, actor_iri: str, now: datetime) -> None:
    """Claim an empty database for this actor. Raises RefusedError if it belongs to one already."""
    if node_row.find_actor(connection) is not None:
        raise refuse("initialised", "This folder already holds a node. Choose another with --home.")
    node_row.record_actor(connection, actor_iri, now=now)


def check_node(connection: sqlite3.Connection, *, actor_iri: str) -> None:
    """Raise RefusedError unless the database belongs to this actor.

    Messages and IRIs in it were made under the actor's name, so a changed domain in the settings would make
    the node speak as somebody else.
    """
    owner = node_row.find_actor(connection)
    if owner is None:
        raise refuse("not-initialised", "This folder holds no node yet. Make one with krets init.")
    if owner != actor_iri:
        raise refuse(
            "other-node",
            f"The database belongs to {owner}, but the settings say {actor_iri}. Put the domain back as it was.",
        )
