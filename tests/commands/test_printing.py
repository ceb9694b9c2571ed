"""What is shown to people and to programs."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import typer

from node.commands import options, printing
from node.commands.agreement_messages import KnownAgreement, word_thread
from node.commands.agreement_views import state_text
from node.commands.outgoing import kinds_text
from node.commands.peer_views import standing_text
from node.domain.agreements import Agreement
from node.domain.peers import FollowerState, FollowingState, Peer
from node.store.overview import Delivery, KindCount
from protocol.agreements import Phase
from protocol.identifiers import ActorIri, Iri, Origin
from protocol.vocabulary import Purpose, Unit
from tests.commands.running import granted, krets
from tests.commands.test_help import REPOSITORY
from tests.protocol.conversation import AGREEMENT, PROPOSER, RESPONDENT, Conversation

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Colour(StrEnum):
    """A word of a closed list."""

    RED = "red"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to print."""

    colour: Colour
    at: datetime
    on: date
    mass: Decimal
    parts: tuple[int, ...]


def test_json_has_plain_values_for_everything_that_a_node_knows() -> None:
    thing = Thing(colour=Colour.RED, at=NOON, on=date(2026, 12, 18), mass=Decimal("1E+1"), parts=(1, 2))

    value = printing.json_value({"thing": thing, "path": Path("a/b"), "nothing": None, "yes": True})

    assert json.loads(json.dumps(value)) == {
        "thing": {"colour": "red", "at": "2026-11-23T12:00:00Z", "on": "2026-12-18", "mass": "10", "parts": [1, 2]},
        "path": "a/b",
        "nothing": None,
        "yes": True,
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Kontorstol, blå", "Kontorstol, blå"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("left\u202eright", "left right"),
        ("no\u00a0break", "no break"),
        ("null\x00byte", "null byte"),
        ("family 👨\u200d👩", "family 👨\u200d👩"),
        ("lone \ud800 surrogate", "lone   surrogate"),
        ("line\u2028separator", "line separator"),
    ],
)
def test_text_is_shown_on_one_line_without_what_a_terminal_obeys(text: str, shown: str) -> None:
    assert printing.plain(text) == shown


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-18", date(2026, 12, 18)),
        ("18.12.2026", date(2026, 12, 18)),
        ("1.2.2027", date(2027, 2, 1)),
        (" 2026-1-5 ", date(2026, 1, 5)),
        ("29.02.2028", date(2028, 2, 29)),
    ],
)
def test_a_day_is_read_in_both_ways_of_writing(text: str, day: date) -> None:
    assert options.parse_day(text) == day


@pytest.mark.parametrize(
    "text", ["", "18/12/2026", "2026-13-01", "29.02.2027", "0000-01-01", "２０２６-12-18", "18.12.26"]
)
def test_what_is_not_a_day_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        options.parse_day(text)


@pytest.mark.parametrize("text", ["59.83", "59.83;10.44", "91,0", "0,181", "north,east", "59,83,10,44"])
def test_what_is_not_a_place_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        options.parse_place(text)


def test_a_place_is_latitude_and_longitude() -> None:
    assert options.parse_place("-59.5, 10") == options.Place(latitude=-59.5, longitude=10.0)


@pytest.mark.parametrize(
    ("apart", "text"), [(None, ""), (0.0, "under 1 km"), (0.99, "under 1 km"), (1.0, "1 km"), (17.4, "17 km")]
)
def test_distances_are_whole_kilometres(apart: float | None, text: str) -> None:
    assert printing.kilometres_text(apart) == text


def test_the_end_of_a_day_is_shown_as_that_day() -> None:
    assert printing.last_day_text(datetime(2026, 12, 19, tzinfo=UTC)) == "2026-12-18"
    assert printing.last_day_text(None) == printing.day_text(None) == printing.moment_text(None) == ""
    assert printing.day_text(NOON) == "2026-11-23"
    assert printing.moment_text(NOON) == "2026-11-23 12:00 UTC"


def test_an_agreement_in_every_phase_is_said_in_words_for_both_roles() -> None:
    said = {
        (phase, we_propose, we_give): state_text(
            KnownAgreement(agreement(phase, we_propose=we_propose, we_give=we_give), handed=10)
        )
        for phase in Phase
        for we_propose in (True, False)
        for we_give in (True, False)
    }

    assert all(said.values())
    assert said[Phase.REQUESTED, True, True] == "waits for your answer until 2026-11-23"
    assert said[Phase.REQUESTED, False, False] == "waits for Bærum's answer until 2026-11-23"
    assert said[Phase.AGREED, True, True] == "agreed; hand over 14 to Bærum"
    assert said[Phase.AGREED, False, False] == "agreed; Bærum holds 14 for you"
    assert said[Phase.REJECTED, False, False] == "refused: Somebody was quicker; 3 could still be had"


@pytest.mark.parametrize("we_give", [True, False])
def test_every_kind_of_message_of_an_agreement_is_worded_apart(we_give: bool) -> None:
    talk = Conversation()
    talk.accept()
    declined = talk.change(12, by=RESPONDENT)
    talk.reject(declined.header.iri, by=PROPOSER)
    talk.undo(talk.change(13, by=RESPONDENT), by=RESPONDENT)
    talk.answer(talk.change(9, by=RESPONDENT), by=PROPOSER)
    handover = talk.record(4, by=PROPOSER)
    dispute = talk.reject(handover.event.iri, by=RESPONDENT)
    talk.undo(dispute, by=RESPONDENT)
    receipt = talk.record(3, by=RESPONDENT, mirrors=handover.event.iri)
    talk.reject(receipt.event.iri, by=PROPOSER)
    talk.revoke()
    talk.undo(talk.root, by=RESPONDENT, agreement=AGREEMENT)
    talk.decline()
    talk.withdraw()
    shown = replace(
        agreement(Phase.AGREED, we_propose=we_give, we_give=we_give), request_iri=talk.root.header.iri
    )  # fmt: skip

    words = word_thread([((one.header.actor_iri == PROPOSER) is we_give, one) for one in talk.messages], shown)

    assert words == [
        "asks: 10", "says yes: 10", "asks to change it: 12", "refuses the change", "asks to change it: 13",
        "takes back the change", "asks to change it: 9", "agrees to the change: 9", "signs the handover: 4",
        "disputes the handover", "takes back the dispute", "signs the receipt: 3", "disputes the receipt", "cancels",
        "cancels", "refuses", "takes back the request",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("quantity", "handed", "received", "says"),
    [
        (6, 6, 6, "completed; both have signed"),
        (6, 6, 4, "completed; 6 given, 4 received: 2 are missing"),
        (6, 5, 4, "completed; 5 given, 4 received: 1 is missing; the rest is cancelled: Somebody was quicker"),
        (6, 4, 6, "completed; 4 given, 6 received: 2 more than given"),
        (6, 0, 6, "completed; only the receiver has signed"),
        (8, 6, 6, "completed; both have signed; the rest is cancelled: Somebody was quicker"),
    ],
)
def test_what_is_completed_says_who_has_signed_for_how_much(
    quantity: int, handed: int, received: int, says: str
) -> None:
    completed = replace(
        agreement(Phase.COMPLETED, we_propose=True, we_give=True),
        quantity=quantity, given=max(handed, received), received=received,
    )  # fmt: skip

    assert state_text(KnownAgreement(completed, handed=handed)) == says


@pytest.mark.parametrize(
    ("handed", "received", "says"),
    [
        (4, 0, "4 given, 6 still to come"),
        (4, 4, "4 given, 6 still to come"),
        (4, 5, "4 given, 5 received, 5 still to come"),
    ],
)
def test_what_is_partly_given_says_both_counts_where_they_differ(handed: int, received: int, says: str) -> None:
    running = replace(
        agreement(Phase.PARTLY_GIVEN, we_propose=True, we_give=True),
        quantity=10, given=max(handed, received), received=received,
    )  # fmt: skip

    assert state_text(KnownAgreement(running, handed=handed)) == says


@pytest.mark.parametrize(
    ("phase", "we_propose", "says"),
    [
        (Phase.WITHDRAWN, True, "taken back by Bærum: changed"),
        (Phase.WITHDRAWN, False, "taken back by you: changed"),
        (Phase.CANCELLED, True, "cancelled: changed"),
        (Phase.DISPUTED, True, "disputed: changed; settle it together"),
    ],
)
def test_what_has_ended_or_is_disputed_says_why(phase: Phase, we_propose: bool, says: str) -> None:
    ended = replace(
        agreement(phase, we_propose=we_propose, we_give=True), refusal_code="changed", refusal_text=None
    )  # fmt: skip

    assert state_text(KnownAgreement(ended, handed=0)) == says
    assert state_text(KnownAgreement(replace(ended, refusal_code=None), handed=0)) == says.replace(": changed", "")


@pytest.mark.parametrize(
    ("kind", "tier"), [("municipality", "partners"), ("workshop", "organisations"), (None, "organisations")]
)
def test_who_asks_to_be_a_peer_is_suggested_the_tier_of_its_kind(kind: str | None, tier: str) -> None:
    asking = replace(peer(FollowerState.PENDING, FollowingState.SENT), kind=kind)

    assert f"krets peer accept 7 --tier {tier};" in standing_text(asking)


def test_a_peer_in_every_standing_is_said_in_words() -> None:
    said = {
        (follower, following): standing_text(peer(follower, following))
        for follower in FollowerState
        for following in FollowingState
    }

    assert len(set(said.values())) == len(said)
    assert "krets peer show 7" in said[FollowerState.UNVERIFIED, FollowingState.NONE]
    assert "krets peer add https://b.example" in said[FollowerState.UNVERIFIED, FollowingState.NONE]
    assert "krets peer accept 7" in said[FollowerState.PENDING, FollowingState.SENT]
    assert standing_text(peer(FollowerState.ACCEPTED, FollowingState.ACCEPTED, blocked_at=NOON)) == "blocked"


def test_waiting_messages_are_named_or_where_they_are_many_counted() -> None:
    named = delivery((KindCount("Request", 1), KindCount("RecordEvent", 2), KindCount("Novelty", 1)))

    assert kinds_text(named) == "1 request, 2 signatures of handovers, 1 message"
    assert kinds_text(delivery(())) == "400 messages"


def test_on_a_terminal_no_table_is_wider_than_the_screen(home: Path) -> None:
    krets("item", "add", "A name " * 20, home=home)

    shown = run_on_terminal(["item", "list", "--home", str(home)], columns=60)

    assert all(len(line) <= 60 for line in shown.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines())


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_on_a_terminal_an_address_is_whole_or_left_out(home: Path, columns: int) -> None:
    krets("item", "add", "An office chair that has a rather long name", "--category", "office-chair", home=home)
    iri = granted("offer", "publish", 1, "--quantity", 1, home=home)["offer"]["iri"]

    shown = run_on_terminal(["catalogue", "search", "--home", str(home)], columns=columns)

    assert ("127.0.0.1" in shown) is (iri in shown) is (columns == 200)
    assert all(len(line) <= columns for line in shown.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines())


@pytest.mark.parametrize(("columns", "kept"), [(29, True), (28, False)])
def test_the_address_is_left_out_just_where_it_no_longer_fits(columns: int, kept: bool) -> None:
    program = (
        "from node.commands.printing import print_table;"
        "print_table(('n#', 'name', 'address@'), [(1, 'Chair', 'https://a.example')], empty='')"
    )

    shown = run_on_terminal(["-c", program], columns=columns)

    assert ("address" in shown) is ("https://a.example" in shown) is kept
    assert len(shown.splitlines()) == 3


def test_on_a_terminal_an_import_shows_how_far_it_is(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Navn;Antall\n" + "".join(f"Stol {number};1\n" for number in range(1500)), encoding="utf-8")

    shown = run_on_terminal(["item", "import", str(path), "--home", str(home)])

    assert "Reading list.csv" in shown
    assert "Importing" in shown
    assert "1500/1500" in shown
    assert "1500 rows read: 1500 imported" in shown


def run_on_terminal(words: Sequence[str], *, columns: int = 80) -> str:
    """What a person sees: the command with a terminal as its output."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, *(words if words[0] == "-c" else ("-m", "cli", *words))],
        cwd=REPOSITORY,
        env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = bytearray()
    while True:
        try:
            piece = os.read(ours, 65_536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    assert process.wait(60) == 0, seen.decode()
    return seen.decode().replace("\r\n", "\n")


def agreement(phase: Phase, *, we_propose: bool, we_give: bool) -> Agreement:
    return Agreement(
        id=1, request_iri=Iri("https://b.example/activities/1"), agreement_iri=None,
        proposal_iri=Iri("https://a.example/proposals/1"), proposal_name="Chair", purpose=Purpose.OFFER, peer_id=7,
        peer_name="Bærum", we_propose=we_propose, we_give=we_give, item_id=None, unit=Unit.ONE, phase=phase,
        quantity=24, given=10, received=10, held=14, stock_taken=10, expires_at=NOON, refusal_code="unavailable",
        refusal_text="Somebody was quicker.", still_available=3, created_at=NOON, updated_at=NOON,
    )  # fmt: skip


def peer(follower: FollowerState, following: FollowingState, *, blocked_at: datetime | None = None) -> Peer:
    nothing: Any = None
    return Peer(
        id=7, actor_iri=ActorIri(Iri("https://b.example/actor")), origin=Origin("https://b.example"), name="Bærum",
        kind=nothing,
        country=nothing, org_number=nothing, inbox_iri=nothing, recovery_fingerprint=nothing, latitude=nothing,
        longitude=nothing, follower_state=follower, follower_iri=nothing, granted_tier=nothing, granted_version=0,
        following_state=following, following_iri=nothing, received_tier=nothing, received_version=0,
        blocked_at=blocked_at, created_at=NOON, last_heard_at=nothing,
    )  # fmt: skip


def delivery(kinds: tuple[KindCount, ...]) -> Delivery:
    return Delivery(
        peer_id=7, peer="Bærum", feed="partners", bilateral=False, acknowledged=0, head=400, waiting=400, kinds=kinds,
        failures=0, last_error=None, next_attempt_at=None, last_success_at=None,
    )  # fmt: skip
