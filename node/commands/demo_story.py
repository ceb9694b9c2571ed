"""The story of the demo, step by step: what each organisation does, and what is read back from both sides.

A step raises DemoFailed as soon as something is not as it should be; it returns one sentence that says what was read
back. Nothing is believed from memory: numbers and states come from the nodes' own databases, through `krets`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from node.commands.demo_inventory import (
    STORY_CHAIR_COUNT,
    STORY_CHAIRS,
    STORY_LAPTOPS,
    STORY_STACKING_CHAIRS,
    write_inventory,
)
from node.commands.demo_nodes import (
    Answer,
    DemoFailed,
    DemoNode,
    Fleet,
    Running,
    fetch_page,
)
from node.commands.demo_telling import Teller
from node.commands.printing import count_text

FIRST_PART = 10
"""So many of the chairs fit into the first van."""

STACKING_CHAIRS_OFFERED = 40

ANSWER_SECONDS_MAX = 600.0
"""How long a request waits for its answer, which comes when the story goes on."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step's name for programs, its title for people, and what it does."""

    name: str
    title: str
    act: Callable[[], str]


class Story:
    """One telling: who plays, and what has been learnt on the way."""

    def __init__(self, fleet: Fleet, nodes: Sequence[DemoNode], teller: Teller) -> None:
        self.agreement_iri: str | None = None
        self._fleet = fleet
        self._nodes = tuple(nodes)
        self._teller = teller
        self._giver, self._getter = nodes[0], nodes[1]
        self._late = nodes[2] if len(nodes) > 2 else nodes[1]
        self._workshops = tuple(node for node in nodes if node.organisation.kind != "municipality")
        self._fingerprints: dict[str, tuple[str, str]] = {}
        self._offer_iri = ""
        self._need_iri = ""
        self._request_iri = ""
        self._late_request_iri = ""
        self._asked: tuple[Running, ...] = ()
        self._refused: Answer | None = None
        self._told_after_seconds = 0.0
        self._gone_by = datetime.now(UTC).date() + timedelta(days=25)

    def list_steps(self) -> tuple[Step, ...]:
        """All steps in order. The one about tiers needs somebody who is not a municipality."""
        giver, getter, late = self._giver.name, self._getter.name, self._late.name
        loser = late if self._late is not self._getter else f"{getter}'s second request"
        steps = [
            Step("set-up", "Each organisation sets up a node of its own", self.set_up),
            Step("serve", "The nodes start", self.serve),
            Step("import", "Each brings in its inventory, as the office wrote it", self.import_inventories),
            Step("peer", "They become peers: fingerprints are compared, then people decide", self.peer),
            Step("offer", f"{giver} offers {STORY_CHAIR_COUNT} office chairs", self.offer),
            Step("guard", "What bears data stays inside", self.guard),
            Step("need", f"{getter} needs chairs for a new school", self.need),
            Step("request", f"Two ask for the same {STORY_CHAIR_COUNT} chairs", self.request),
            Step("accept", f"{giver} says yes to who asked first", self.accept),
            Step("race", f"{loser} came too late, and is told at once", self.race),
            Step("handover", "The chairs change hands in two trips, and both sides sign", self.hand_over),
            Step("settle", f"{getter} has its chairs and takes its need back", self.settle),
            Step("compare", "Both sides hold the same signed messages", self.compare),
        ]
        if self._workshops:
            widen = Step("widen", f"{giver} lets a wider circle see its stacking chairs", self.widen)
            steps.insert(6, widen)
        return tuple(steps)

    def set_up(self) -> str:
        """`krets init` for everybody."""
        asked = [
            (
                node,
                (
                    "init", "--dev", "--domain", f"127.0.0.1:{node.port}", "--name", node.name, "--country", "NO",
                    "--org-number", node.organisation.org_number, "--kind", node.organisation.kind,
                    "--latitude", node.organisation.latitude, "--longitude", node.organisation.longitude,
                ),
            )
            for node in self._nodes
        ]  # fmt: skip
        for node, made in zip(self._nodes, self._fleet.ask_all(asked), strict=True):
            self._fingerprints[node.name] = (made["proof_fingerprint"], made["recovery_fingerprint"])
            self._say(node, f"{node.address}  signing key {made['proof_fingerprint'][:19]} …")
        return f"{len(self._nodes)} folders, each with its own database and keys"

    def serve(self) -> str:
        """`krets serve` for everybody, until each answers."""
        for node in self._nodes:
            self._fleet.start(node)
        for node in self._nodes:
            page = self._fleet.wait_until(f"{node.name} answers at {node.address}/", lambda node=node: _open_page(node))  # type: ignore[misc]
            _expect(node.name in page, f"the page of {node.name} does not name it")
            self._say(node, f"answers at {node.address}/ (process {self._fleet.pid_of(node)})")
        return f"{len(self._nodes)} processes answer over HTTP"

    def import_inventories(self) -> str:
        """`krets item import` of a list in another shape for each."""
        files = [
            write_inventory(node.organisation, index=index, gone_by=self._gone_by)
            for index, node in enumerate(self._nodes)
        ]
        paths = [node.home.parent / file.name for node, file in zip(self._nodes, files, strict=True)]
        for path, file in zip(paths, files, strict=True):
            path.write_bytes(file.content)
        imported = self._fleet.ask_all(
            [(node, ("item", "import", str(path))) for node, path in zip(self._nodes, paths, strict=True)]
        )
        listed = self._fleet.ask_all([(node, ("item", "list")) for node in self._nodes])
        items = 0
        for node, file, counts, found in zip(self._nodes, files, imported, listed, strict=True):
            expected = {"read": file.rows, "imported": file.rows - file.unreadable, "rejected": file.unreadable}
            _expect(all(counts[key] == value for key, value in expected.items()), f"{node.name} imported {counts}")
            _expect(len(found["items"]) == counts["imported"], f"{node.name} has {len(found['items'])} items")
            rejected = f", {file.unreadable} set aside with the reason" if file.unreadable else ""
            self._say(node, f"{file.name} ({file.shape}): {counts['imported']} of {file.rows} rows{rejected}")
            items += counts["imported"]
        return f"{items} items in {len(self._nodes)} inventories"

    def peer(self) -> str:
        """Everybody asks everybody; each compares fingerprints and grants a tier."""
        everybody = self._nodes
        others = {node.name: [other for other in everybody if other is not node] for node in everybody}
        self._fleet.ask_all([(node, ("peer", "add", *(o.address for o in others[node.name]))) for node in everybody])
        list_peers = dict.fromkeys(everybody, ("peer", "list"))
        self._fleet.wait_for_all(
            f"each hears from {len(everybody) - 1} who ask to be peers",
            list_peers,
            lambda _, answer: _count_asking(answer["peers"]) == len(everybody) - 1,
        )
        shown = self._fleet.ask_all(
            [(node, ("peer", "show", *(o.address for o in others[node.name]))) for node in everybody]
        )
        for node, seen in zip(everybody, shown, strict=True):
            self._compare_fingerprints(node, seen["peers"], others[node.name])
        giver, getter = self._giver, self._getter
        self._say(getter, f"reads out, as from a telephone: {self._fingerprints[getter.name][0]}")
        self._say(giver, f"sees on its own screen:          {self._fingerprints[getter.name][0]}")
        for kind, tier in (("municipality", "partners"), ("workshop", "organisations")):
            accepted = [
                (node, ("peer", "accept", *addresses, "--tier", tier))
                for node in everybody
                if (addresses := [o.address for o in others[node.name] if o.organisation.kind == kind])
            ]
            self._fleet.ask_all(accepted)
        self._fleet.wait_for_all(
            f"each is accepted by {len(everybody) - 1}",
            list_peers,
            lambda _, answer: _count_accepted(answer["peers"]) == len(everybody) - 1,
        )
        for workshop in self._workshops:
            self._say(workshop, "is a workshop, so municipalities let it see what is for organisations, no more")
        pairs = count_text(len(everybody) * (len(everybody) - 1) // 2, "pair", "pairs")
        return f"{pairs}, accepted by both sides; every fingerprint is the same on both"

    def offer(self) -> str:
        """The giver offers its chairs to partners; everybody else's catalogue is looked at."""
        item = self._find_item(self._giver, STORY_CHAIRS)
        offered = self._fleet.ask(
            self._giver, "offer", "publish", str(item["id"]), "--quantity", str(STORY_CHAIR_COUNT),
            "--tier", "partners", "--gone-by", self._gone_by.isoformat(),
        )  # fmt: skip
        self._offer_iri = offered["offer"]["iri"]
        self._say(self._giver, f"{STORY_CHAIR_COUNT} × {STORY_CHAIRS}, to partners, until {_day(self._gone_by)}")
        municipalities = [node for node in self._nodes[1:] if node not in self._workshops]
        seen: dict[DemoNode, Mapping[str, Any]] = {}

        def sees(node: DemoNode, answer: Mapping[str, Any]) -> bool:
            found = _find_result(answer, self._offer_iri)
            seen.update({} if found is None else {node: found})
            return found is not None

        search = ("catalogue", "search", "kontorstol", "--kind", "offer")
        self._fleet.wait_for_all(
            "each finds the offer in its own catalogue", dict.fromkeys(municipalities, search), sees
        )
        for node in municipalities:
            available, apart = seen[node]["entry"]["available"], seen[node]["distance_km"]
            _expect(available == STORY_CHAIR_COUNT, f"{node.name} sees {available} available")
            self._say(node, f"finds it: {available} available, {apart:.0f} km away")
        for workshop in self._workshops:
            _expect(self._search(workshop, self._offer_iri) is None, f"{workshop.name} sees what is for partners only")
            self._say(workshop, "does not see it: it is for partners only")
        return f"the offer stands in {count_text(len(municipalities), 'other catalogue', 'other catalogues')}"

    def guard(self) -> str:
        """The giver tries to offer laptops outside, and is refused."""
        item = self._find_item(self._giver, STORY_LAPTOPS)
        words = ("offer", "publish", str(item["id"]), "--quantity", str(item["quantity"]), "--tier", "partners")
        answer = self._fleet.finish(self._fleet.begin(self._giver, *words))
        _expect(answer.exit_code == 1 and answer.document["error"]["code"] == "bears-data", f"got {answer.document}")
        self._say(self._giver, f"tries to offer {item['quantity']} × {STORY_LAPTOPS} to partners")
        self._say(self._giver, f"is refused: {answer.document['error']['message']}")
        offers = self._fleet.ask(self._giver, "offer", "list")["offers"]
        _expect(all(offer["item_id"] != item["id"] for offer in offers), "the laptops are on offer all the same")
        return "refused, and nothing was offered"

    def widen(self) -> str:
        """An offer to partners becomes one to organisations too, and the workshop sees it."""
        item = self._find_item(self._giver, STORY_STACKING_CHAIRS)
        offered = self._fleet.ask(
            self._giver, "offer", "publish", str(item["id"]), "--quantity", str(STACKING_CHAIRS_OFFERED),
            "--tier", "partners",
        )  # fmt: skip
        iri = offered["offer"]["iri"]
        self._say(self._giver, f"{STACKING_CHAIRS_OFFERED} × {STORY_STACKING_CHAIRS}, to partners first")
        self._fleet.wait_until(f"{self._getter.name} finds it", lambda: self._search(self._getter, iri))
        for workshop in self._workshops:
            _expect(self._search(workshop, iri) is None, f"{workshop.name} sees what is for partners only")
        self._fleet.ask(self._giver, "offer", "edit", str(offered["offer"]["id"]), "--tier", "organisations")
        self._say(self._giver, "no municipality has asked, so: to organisations too")
        for workshop in self._workshops:
            found = self._fleet.wait_until(
                f"{workshop.name} finds it",
                lambda workshop=workshop: self._search(workshop, iri),  # type: ignore[misc]
            )
            self._say(workshop, f"sees it now: {found['entry']['available']} × {found['entry']['name']}")
        return "not seen before, seen after"

    def need(self) -> str:
        """The getter says what it needs; its node finds what answers it, the giver's hears of it."""
        said = self._fleet.ask(
            self._getter, "need", "publish", "Kontorstoler til ny ungdomsskole", "--quantity", str(STORY_CHAIR_COUNT),
            "--by", self._gone_by.isoformat(),
        )  # fmt: skip
        self._say(self._getter, f"“{said['need']['name']}”, {STORY_CHAIR_COUNT}, by {_day(self._gone_by)}")
        need_iri = self._need_iri = said["need"]["iri"]
        listed = self._fleet.ask(self._getter, "need", "list")["needs"]
        matches = [match for one in listed if one["need"]["iri"] == need_iri for match in one["matches"]]
        match = next((match for match in matches if match["offer"]["iri"] == self._offer_iri), None)
        _expect(match is not None, f"the offer is not among the {len(matches)} matches")
        assert match is not None
        self._say(self._getter, f"match at once: {match['offer']['name']}, from {match['offer']['publisher_name']}")
        self._say(self._getter, f"because: {match['because']}")
        self._fleet.wait_until(
            f"{self._giver.name} hears of the need", lambda: self._search(self._giver, need_iri, "--kind", "need")
        )
        self._say(self._giver, f"hears that {self._getter.name} needs {STORY_CHAIR_COUNT} of the kind")
        return "the need stands in both catalogues, and the offer answers it"

    def request(self) -> str:
        """The getter asks, then the late one; both requests reach the giver, who has answered neither."""
        self._asked = tuple(
            self._ask_for_chairs(node, expected=number)
            for number, node in enumerate((self._getter, self._late), start=1)
        )
        waiting = self._fleet.ask(self._giver, "request", "list")["requests"]
        self._request_iri, self._late_request_iri = (one["request_iri"] for one in waiting)
        self._say(self._giver, f"has both: {STORY_CHAIR_COUNT} chairs, {2 * STORY_CHAIR_COUNT} asked for")
        return "both requests wait for a person's answer, the earlier one first"

    def accept(self) -> str:
        """The giver accepts the earlier request; who made it hears the yes, and later the other the no."""
        accepted = self._fleet.ask(self._giver, "request", "accept", self._request_iri)["request"]
        said_at = time.monotonic()
        _expect(accepted["phase"] == "agreed", f"after the yes it is {accepted['phase']}")
        self.agreement_iri = accepted["agreement_iri"]
        self._say(self._giver, f"yes to {self._getter.name}: {accepted['quantity']} chairs are held for it")
        asked, asked_late = self._asked
        self._refused = self._fleet.finish(asked_late)
        self._told_after_seconds = time.monotonic() - said_at
        heard = self._fleet.granted(asked)["request"]
        _expect(heard["phase"] == "agreed", f"{self._getter.name} waited for an answer and heard: {heard['phase']}")
        _expect(heard["agreement_iri"] == self.agreement_iri, "the two sides name different agreements")
        self._say(self._getter, f"has {self._giver.name}'s signed yes")
        item = self._find_item(self._giver, STORY_CHAIRS)
        _expect(item["promised"] == STORY_CHAIR_COUNT, f"{item['promised']} are promised")
        return f"agreed on both sides; {item['promised']} of {item['quantity']} promised, and no more"

    def race(self) -> str:
        """The late one's answer, as its waiting command heard it and as it stands on both sides."""
        heard = self._refused
        _expect(heard is not None and heard.exit_code == 1, f"{self._late.name} heard: {heard}")
        assert heard is not None
        self._say(self._late, f"hears: {heard.document['error']['message']}")
        self._say(self._late, f"that was {self._told_after_seconds:.1f} s after the yes to {self._getter.name}")
        lost = self._find_request(self._late, self._late_request_iri)
        kept = self._find_request(self._giver, self._late_request_iri)
        _expect(lost["phase"] == kept["phase"] == "rejected", f"{lost['phase']} here, {kept['phase']} there")
        _expect(lost["refusal_code"] == "unavailable", f"the reason is {lost['refusal_code']}")
        _expect(lost["agreement_iri"] is None, "who came too late has an agreement")
        seen = self._fleet.wait_until(
            f"{self._late.name}'s catalogue shows that none are left", lambda: self._none_left(self._late)
        )
        return f"rejected on both sides, code {lost['refusal_code']}; its catalogue says {seen} available"

    def hand_over(self) -> str:
        """Two trips: the giver signs, the receiver counts and signs."""
        for quantity in (FIRST_PART, STORY_CHAIR_COUNT - FIRST_PART):
            given = self._fleet.ask(self._giver, "handover", "give", self._request_iri, "--quantity", str(quantity))[
                "agreement"
            ]
            self._say(self._giver, f"signs: {quantity} handed over, {given['given']} of {given['quantity']} in all")
            self._fleet.wait_until(
                f"{self._getter.name} has the giver's signature",
                lambda total=given["given"]: (  # type: ignore[misc]
                    self._find_request(self._getter, self._request_iri)["given"] == total or None
                ),
            )
            received = self._fleet.ask(
                self._getter, "handover", "receive", self._request_iri, "--quantity", str(quantity)
            )["agreement"]
            self._say(self._getter, f"counts and signs: {quantity} received, {received['received']} in all")
        for node in (self._giver, self._getter):
            self._wait_for_phase(node, self._request_iri, "completed")
        item = self._find_item(self._giver, STORY_CHAIRS)
        _expect((item["quantity"], item["promised"]) == (0, 0), f"the giver still has {item['quantity']}")
        return f"completed on both sides: {STORY_CHAIR_COUNT} given, {STORY_CHAIR_COUNT} received, 0 left to promise"

    def settle(self) -> str:
        """The need is met; nobody else's catalogue shows it any longer."""
        self._fleet.ask(self._getter, "need", "withdraw", self._need_iri)
        self._say(self._getter, "withdraws its need, so that nobody looks for what it no longer needs")
        self._fleet.wait_for_all(
            "each no longer finds the need",
            dict.fromkeys((self._giver, self._late), ("catalogue", "search", "--kind", "need")),
            lambda _, answer: _find_result(answer, self._need_iri) is None,
        )
        self._say(self._giver, "no longer finds it")
        return "gone from the catalogues of those who had it"

    def compare(self) -> str:
        """Every message of the agreement, byte for byte, in both databases."""
        reference = str(self.agreement_iri)
        ours = self._fleet.ask(self._giver, "agreement", "show", reference)
        theirs = self._fleet.ask(self._getter, "agreement", "show", reference)
        digests = [{message["digest"] for message in side["messages"]} for side in (ours, theirs)]
        _expect(digests[0] == digests[1], f"{len(digests[0])} messages here, {len(digests[1])} there, not the same")
        _expect(ours["agreement"]["phase"] == theirs["agreement"]["phase"] == "completed", "the states differ")
        _expect(all(message["outcome"] != "illegal" for message in ours["messages"]), "a message is illegal")
        for message in ours["messages"]:
            who = self._giver if message["by"] == "we" else self._getter
            self._say(who, f"{message['what']:<22} {message['digest'][:24]}…")
        return f"{len(digests[0])} signed messages, the same digests on both sides; agreement {reference}"

    def check_alive(self) -> None:
        """Raise DemoFailed if a node has died."""
        self._fleet.check_alive()

    def _say(self, node: DemoNode, text: str) -> None:
        self._teller.say(node.name, text)

    def _compare_fingerprints(
        self, node: DemoNode, shown: Sequence[Mapping[str, Any]], others: Sequence[DemoNode]
    ) -> None:
        for seen, other in zip(shown, others, strict=True):
            proof, recovery = self._fingerprints[other.name]
            same = seen["fingerprints"]["proof"] == [proof] and seen["fingerprints"]["recovery"] == recovery
            _expect(same, f"{node.name} sees other fingerprints of {other.name} than {other.name} itself")

    def _find_item(self, node: DemoNode, name: str) -> Mapping[str, Any]:
        items = self._fleet.ask(node, "item", "list", name)["items"]
        _expect(len(items) == 1, f"{node.name} has {len(items)} items called {name}")
        found: Mapping[str, Any] = items[0]
        return found

    def _search(self, node: DemoNode, iri: str, *words: str) -> Mapping[str, Any] | None:
        return _find_result(self._fleet.ask(node, "catalogue", "search", *words), iri)

    def _none_left(self, node: DemoNode) -> int | None:
        """0 as soon as the node's search no longer finds the offer among what is available."""
        return 0 if self._search(node, self._offer_iri) is None else None

    def _ask_for_chairs(self, node: DemoNode, *, expected: int) -> Running:
        """Ask for all chairs and wait until the giver has so many requests. The command waits on for its answer."""
        asking = self._fleet.begin(
            node, "request", "make", self._offer_iri, "--quantity", str(STORY_CHAIR_COUNT), "--otherwise", "buy-new",
            "--wait", f"{ANSWER_SECONDS_MAX:g}",
        )  # fmt: skip
        self._say(node, f"asks for {STORY_CHAIR_COUNT}; otherwise it would have bought new ones")
        self._fleet.wait_until(
            f"{self._giver.name} has the request of {node.name}",
            lambda: len(self._list_requests(self._giver)) == expected or None,
        )
        return asking

    def _list_requests(self, node: DemoNode) -> Sequence[Mapping[str, Any]]:
        requests: Sequence[Mapping[str, Any]] = self._fleet.ask(node, "request", "list", "--all")["requests"]
        return requests

    def _find_request(self, node: DemoNode, iri: str) -> Mapping[str, Any]:
        found = next((one for one in self._list_requests(node) if one["request_iri"] == iri), None)
        if found is None:
            raise DemoFailed(f"{node.name} does not know the request {iri}")
        return found

    def _wait_for_phase(self, node: DemoNode, iri: str, phase: str) -> Mapping[str, Any]:
        def look() -> Mapping[str, Any] | None:
            found = self._find_request(node, iri)
            return found if found["phase"] == phase else None

        return self._fleet.wait_until(f"the request is {phase} at {node.name}", look)


def _find_result(answer: Mapping[str, Any], iri: str) -> Mapping[str, Any] | None:
    """The entry with this IRI in what a search found."""
    return next((found for found in answer["results"] if found["entry"]["iri"] == iri), None)


def _count_asking(peers: Sequence[Mapping[str, Any]]) -> int:
    return sum(peer["follower_state"] in ("unverified", "pending") for peer in peers)


def _count_accepted(peers: Sequence[Mapping[str, Any]]) -> int:
    """Peers that accepted us and that we accepted, and whose tier for us has arrived."""
    return sum(
        peer["following_state"] == peer["follower_state"] == "accepted" and bool(peer["received_tier"])
        for peer in peers
    )


def _open_page(node: DemoNode) -> str | None:
    page = fetch_page(node, "/")
    return page[1] if page is not None and page[0] == 200 else None


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise DemoFailed(otherwise)


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
