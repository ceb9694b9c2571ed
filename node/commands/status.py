"""`krets status`: is it running, what waits for people, and what waits for peers."""

from node.commands.options import HomeOption, JsonOption


def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show whether the node runs, what waits for a person, and how delivery to each peer stands.

    \b
    Example:
      krets status --home asker
    """
    from node.commands.opening import opened_node
    from node.commands.outgoing import CURSORS_MAX
    from node.commands.printing import moment_text, print_fields, print_json, print_line, print_table
    from node.keys import recovery_key_present
    from node.opening import is_served
    from node.store.overview import list_deliveries, load_overview

    with opened_node(home) as node:
        overview = node.read(load_overview)
        deliveries = node.read(lambda connection: list_deliveries(connection, waiting_only=False, limit=CURSORS_MAX))
        settings = node.settings
    serving = is_served(settings.home)
    recovery_here = recovery_key_present(settings.home)
    if as_json:
        print_json(
            name=settings.name,
            actor=settings.actor_iri,
            home=settings.home.resolve(),
            serving=serving,
            dev=settings.dev,
            recovery_key_present=recovery_here,
            counts=overview,
            deliveries=deliveries,
        )
        return
    print_fields(
        (
            ("Node", settings.name),
            ("Address", settings.origin),
            ("Running", "yes" if serving else "no; start it with krets serve"),
            ("Items", overview.items),
            ("Open offers and needs of ours", f"{overview.offers} and {overview.needs}"),
            ("Offers and needs of peers", overview.from_peers),
            ("Peers waiting for your answer", overview.peers_to_answer),
            ("Requests waiting for your answer", overview.requests_to_answer),
            ("Requests of ours without an answer", overview.requests_waiting),
            ("Agreements open", overview.agreements_open),
            ("Agreements disputed", overview.agreements_disputed),
        )
    )
    if recovery_here:
        print_line("The recovery key still lies here: move RECOVERY-KEY-take-away.pem off this machine.")
    print_line()
    print_table(
        ("peer", "feed", "delivered#", "waiting#", "failures#", "next attempt", "last error"),
        [
            (delivery.peer, "messages between us" if delivery.bilateral else f"what {delivery.feed} see",
             f"{delivery.acknowledged} of {delivery.head}", delivery.waiting,
             delivery.failures, moment_text(delivery.next_attempt_at), delivery.last_error)
            for delivery in deliveries
        ],
        empty="Nothing is delivered to anybody yet.",
    )  # fmt: skip
