"""The stage for messages that are right in every respect but one: a node, and outsiders in every relation to it.

    friend        follows and is followed; its messages are taken
    neighbour     as the friend: somebody else whom the friend can pretend to be
    blocked       was as the friend, and was then blocked
    acquaintance  asked to be a peer and was looked at; nobody has decided
    stranger      has never been heard of

`set_up` makes it through the `krets` command (most of it in this process, which is faster) and HTTP. A test gets a
`Stage` and asserts with `assert_taken` and `assert_refused`. What is wrong with a message stands in the tests.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from tests.commands.running import granted
from tests.network.nodes import init_node, open_database, start_node, wait_for
from tests.network.outsider import Answer, Document, Letter, Outsider, embedded, post
from tests.shared_files import REPOSITORY

MAY_GROW = frozenset({"audit_log", "refused_messages", "replay_memory"})
"""Tables in which a refused message may leave something: what was seen, never what follows from it."""

PROBLEM_MEMBERS = frozenset({"type", "title", "status", "detail", "code"})
PROBLEM_BASE = "https://w3id.org/krets/problems#"

CLOCK_CODES = frozenset({"clock", "signature-expired"})
"""Refusals that also tell the time here, so that the sender sees whose clock is wrong."""

INTERNALS = ("Traceback", 'File "', ".py", "sqlite", "Error(", "Exception", "protocol.", "node.", "krets.db")
"""Pieces of what only the log may say."""

WRITING_PAUSE_SECONDS = 0.001
"""Between two looks for a line that one commit brings."""

T = TypeVar("T")

Rows = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True, slots=True)
class Outsiders:
    """Everybody around the node."""

    friend: Outsider
    neighbour: Outsider
    blocked: Outsider
    acquaintance: Outsider
    stranger: Outsider


@dataclass(frozen=True, slots=True)
class Stage:
    """The node with this origin, which answers at `address`, its folder, the outsiders, and a view of its database."""

    origin: str
    address: tuple[str, int]
    home: Path
    outsiders: Outsiders
    view: sqlite3.Connection

    @property
    def friend(self) -> Outsider:
        """Whose messages the node takes."""
        return self.outsiders.friend

    @property
    def actor_iri(self) -> str:
        """The node on the wire."""
        return f"{self.origin}/actor"

    def proposal(self, by: Outsider, **members: object) -> Document:
        """An unsigned offer by this outsider to its partners, standing alone."""
        return by.proposal(to=f"{by.origin}/feeds/partners", **members)

    def create(self, by: Outsider, proposal: Document | None = None, **members: object) -> Document:
        """An unsigned Create of the proposal, or of a new one with a good proof."""
        signed = proposal or by.prove(self.proposal(by))
        return by.activity("Create", to=f"{by.origin}/feeds/partners", object=embedded(signed)) | members

    def follow(self, by: Outsider, **members: object) -> Document:
        """An unsigned Follow of the node."""
        return by.activity("Follow", to=self.actor_iri, object=self.actor_iri) | members

    def request(self, by: Outsider) -> Document:
        """An unsigned request for something that the node may or may not have."""
        commitment = {
            "type": "Commitment",
            "satisfies": f"{self.origin}/proposals/none#primary",
            "resourceQuantity": {"hasUnit": "one", "hasNumericalValue": "1"},
        }
        terms = {"type": "Agreement", "stipulates": commitment, "counterfactual": "not-said"}
        return by.activity("Offer", to=self.actor_iri, object=terms, seen=[])

    def letter(self, by: Outsider, document: Document | bytes) -> Letter:
        """The document as an unsigned POST to the node."""
        return by.letter(document, origin=self.origin)

    def signed(self, by: Outsider, document: Document | bytes) -> Letter:
        """The document as a rightly signed POST to the node."""
        return by.sign(self.letter(by, document), origin=self.origin)

    def good_letter(self) -> Letter:
        """An unsigned POST of a friend's offer, right in every other respect."""
        return self.letter(self.friend, self.friend.prove(self.create(self.friend)))

    def sign(self, letter: Letter, **choices: Any) -> Letter:
        """The letter signed by the friend for the node; `choices` as `Outsider.sign` takes them."""
        return self.friend.sign(letter, **({"origin": self.origin} | choices))

    def post(self, letter: Letter) -> Answer:
        """What the node answers."""
        return post(letter, address=self.address)

    def wait_until_at_rest(self) -> None:
        """Return once everything that the node has to say has been taken, so that nothing changes by itself."""
        wait_for(lambda: self._read(_nothing_waits), what="every delivery to be acknowledged")

    def refusals(self) -> list[tuple[int, str]]:
        """Status and code of every refusal that the node has written down, which it does after it has answered."""
        return self._read(_refusals)

    def rows(self) -> Rows:
        """All that the node knows, by table, without what may grow by refusals."""
        return self._read(lambda connection: {name: _rows_of(connection, name) for name in _domain_tables(connection)})

    def _read(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """What is found in one state of the database."""
        self.view.execute("BEGIN")
        try:
            return look(self.view)
        finally:
            self.view.execute("COMMIT")


def assert_taken(stage: Stage, letter: Letter, *, outcome: str = "applied") -> None:
    """The node answers 202 with this outcome, and has changed."""
    stage.wait_until_at_rest()
    before = stage.rows()

    answer = stage.post(letter)

    assert (answer.status, answer.document) == (202, {"outcome": outcome}), answer
    assert stage.rows() != before, "taken, and nothing has changed"


def assert_refused(stage: Stage, letter: Letter, *, status: int, code: str) -> None:
    """The node answers with this problem, tells nothing that is not the sender's business, and has not changed.

    It is looked at when the refusal has been written down, which is the last that the node does about a message.
    """
    stage.wait_until_at_rest()
    before, earlier = stage.rows(), stage.refusals().count((status, code))

    answer = stage.post(letter)

    assert (answer.status, answer.document.get("code")) == (status, code), answer
    assert_problem(answer, status=status, code=code)
    assert_tells_nothing(answer, letter=letter, stage=stage)
    wait_for(
        lambda: stage.refusals().count((status, code)) > earlier,
        what="the refusal to be written down",
        pause_seconds=WRITING_PAUSE_SECONDS,
    )
    after = stage.rows()
    changed = [name for name in before if before[name] != after[name]]
    assert not changed, f"refused, and these tables have changed: {changed}"


def assert_problem(answer: Answer, *, status: int, code: str) -> None:
    """The answer is a problem document (RFC 9457) of this code and the status that SPEC.md gives it, and no more."""
    assert code in documented_codes()[status], f"SPEC.md does not list {code} under {status}"
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.document
    assert problem["type"] == PROBLEM_BASE + code
    assert problem["status"] == status
    assert problem.keys() == PROBLEM_MEMBERS | ({"now"} if code in CLOCK_CODES else set())
    assert all(isinstance(problem[name], str) and problem[name] for name in ("title", "detail"))


@cache
def documented_codes() -> dict[int, frozenset[str]]:
    """The codes of each status in the table of errors of SPEC.md."""
    section = (REPOSITORY / "SPEC.md").read_text(encoding="utf-8").split("### 10.2 Errors", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (\d{3}) \| (.+) \|$", section, flags=re.MULTILINE)
    return {int(status): frozenset(re.findall(r"`([a-z-]+)`", codes)) for status, codes in rows}


def assert_tells_nothing(answer: Answer, *, letter: Letter, stage: Stage) -> None:
    """The answer holds nothing of the node's insides and nothing of what was sent."""
    text = answer.body.decode("utf-8")
    sent = [outsider.origin for outsider in _everybody(stage)]
    sent += [value for name, value in letter.headers if name.lower() in ("signature", "signature-input")]
    for piece in (*INTERNALS, str(stage.home), stage.origin, *sent):
        assert piece not in text, f"{piece!r} is not the sender's business"


@contextmanager
def set_up(folder: Path) -> Iterator[Stage]:
    """A stage whose node has been stopped, with everything said and done; `address` is where it would listen."""
    with ExitStack() as stack:
        names = ("friend", "neighbour", "blocked", "acquaintance", "stranger")
        outsiders = Outsiders(*(stack.enter_context(Outsider(name)) for name in names))
        home = init_node(folder / "node", name="Asker")
        with start_node(home) as node:
            view = stack.enter_context(closing(open_database(home / "krets.db")))
            stage = Stage(origin=node.origin, address=node.address, home=home, outsiders=outsiders, view=view)
            for peer in (outsiders.friend, outsiders.neighbour, outsiders.blocked):
                _befriend(stage, peer)
            _introduce(stage, outsiders.acquaintance)
            granted("peer", "block", outsiders.blocked.actor_iri, home=home)
            outsiders.blocked.wait_for_message("Block")
            stage.wait_until_at_rest()
        yield stage


def _befriend(stage: Stage, outsider: Outsider) -> None:
    """Both follow each other, and both have said yes."""
    granted("peer", "add", outsider.origin, home=stage.home)
    follow = outsider.wait_for_message("Follow")
    yes = outsider.activity("Accept", to=stage.actor_iri, object=follow["id"], tier="partners", tierVersion=1)
    assert_taken(stage, stage.signed(outsider, outsider.prove(yes)))
    assert_taken(stage, stage.signed(outsider, outsider.prove(stage.follow(outsider))))
    granted("peer", "accept", outsider.actor_iri, "--tier", "partners", home=stage.home)
    outsider.wait_for_message("Accept")


def _introduce(stage: Stage, outsider: Outsider) -> None:
    """The outsider asks, and a person looks at it without deciding."""
    assert_taken(stage, stage.signed(outsider, outsider.prove(stage.follow(outsider))), outcome="kept")
    granted("peer", "show", outsider.actor_iri, home=stage.home)


def _nothing_waits(connection: sqlite3.Connection) -> bool:
    waiting = connection.execute(
        "SELECT count(*) FROM subscriptions JOIN feeds ON feeds.id = feed_id WHERE acknowledged_seq < head_seq"
    )
    return waiting.fetchone()[0] == 0  # type: ignore[no-any-return]


def _refusals(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    return [(row["status"], row["code"]) for row in connection.execute("SELECT status, code FROM refused_messages")]


def _domain_tables(connection: sqlite3.Connection) -> list[str]:
    """Every table but those that may grow, SQLite's own, and the full text index, which triggers keep."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    virtual = [row["name"] for row in rows if row["sql"].startswith("CREATE VIRTUAL")]
    derived = tuple(f"{name}_" for name in virtual)
    return [
        row["name"]
        for row in rows
        if row["name"] not in MAY_GROW
        and row["name"] not in virtual
        and not row["name"].startswith(("sqlite_", *derived))
    ]


def _rows_of(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(f"SELECT * FROM {table}")]


def _everybody(stage: Stage) -> tuple[Outsider, ...]:
    them = stage.outsiders
    return (them.friend, them.neighbour, them.blocked, them.acquaintance, them.stranger)
