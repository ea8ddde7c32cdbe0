"""Whatever is asked of the stand-in centre in whatever order: balances, ledgers, at most once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pydantic import TypeAdapter

from kiosk.centre.evidence import CardEvidence, SignIn
from kiosk.centre.operations import (
    AuthorisationAnswer,
    Confirmation,
    DraftRequest,
    Eligibility,
    Evidence,
    Group,
    Operation,
    Order,
    digest_of,
)
from kiosk.operation import Business, OperationState
from kiosk.privacy import Sensitive
from kiosk.workshop.sandbox import personas
from kiosk.workshop.sandbox.bugs import CentreBug
from kiosk.workshop.sandbox.cases import COOL_DOWN_S
from kiosk.workshop.sandbox.centre import StandInCentre
from kiosk.workshop.sandbox.changes import second_card
from kiosk.workshop.sandbox.operations import Course
from kiosk.workshop.sandbox.refusals import Refused
from kiosk.workshop.sandbox.sessions import TokenHolder

CODE = "123456"
PEOPLE = ("P01", "P02", "P03", "P04", "P07", "P11")


class AnyOrder(RuleBasedStateMachine):
    """Two terminals and many people at one centre, on its own clock."""

    bugs: frozenset[CentreBug] = frozenset()

    @initialize()
    def begin(self) -> None:
        self.now = 0.0
        self.directory = Path(tempfile.mkdtemp(prefix="centre-"))
        shutil.copytree(seeded(), self.directory, dirs_exist_ok=True)
        self.centre = StandInCentre(
            self.directory,
            fixed_code=CODE,
            codes_per_day=10**6,
            fresh=False,
            ticks=lambda: self.now,
            risk=None,
            bugs=self.bugs,
        )
        self.desk = self.centre.operations
        self.visitors: dict[tuple[str, str], TokenHolder] = {}
        self.drafts: list[tuple[str, Operation]] = []
        self.finals: dict[str, OperationState] = {}
        self.ranks: dict[str, int] = {}
        self.keys = 0

    def teardown(self) -> None:
        if hasattr(self, "centre"):
            self.centre.close()
            shutil.rmtree(self.directory)

    def visitor(self, person: str, terminal: str) -> TokenHolder:
        """The person at the terminal, signed in anew when the session has ended."""
        known = self.visitors.get((person, terminal))
        if known is None or self.centre.store.count(
            "SELECT closed FROM session WHERE id = ?", known.session
        ):
            persona = personas.load()[person]
            card = CardEvidence(
                kind="resident", name=Sensitive(persona.name), number=Sensitive(persona.number)
            )
            session = self.centre.sessions.open(SignIn(terminal=terminal, evidence=card))
            known = self.centre.sessions.visitor(session.token.reveal(), terminal)
            self.visitors[person, terminal] = known
            self.desk.authorise(known, AuthorisationAnswer(version="2026-01", agreed=True))
        return known

    def value(self, one: Eligibility, person: str, way: int) -> str:
        """A new password or number, or the card of the person's two that is not on file."""
        if one.business is Business.PHONE_CHANGE:
            return f"1277777{person[1:]}0{way}"
        if one.business is not Business.PAYEE_CARD_CHANGE:
            return f"80629{way}"
        first = personas.load()[person].bank_card
        held = self.centre.store.one("SELECT bank_card FROM person WHERE id = ?", person)
        assert held
        return second_card(first) if held["bank_card"] == first else first

    def order(self, one: Eligibility, person: str, amount: str, way: int) -> Order:
        """An order of what can be had, of the least, the most, or more than that."""
        assert one.most is not None or one.least is None
        asked = None
        if one.least is not None and one.most is not None:
            asked = {"least": one.least, "most": one.most, "more": one.most + 1}[amount]
        ways = {
            Business.PREPAYMENT: ("shorter-term", "lower-payment"),
            Business.MONTHLY_OFFSET: ("sign", "cancel"),
        }
        choices = [(field, choice) for field in one.fields for choice in field.choices]
        field, choice = choices[way % len(choices)] if choices else (None, None)
        fields = {
            "business": one.business,
            "field": field.field if field else None,
            "value": self.value(one, person, way) if not choice else choice.code,
            "read": False,
            "account": one.account,
            "centre": "X01" if one.business is Business.CROSS_PROVINCE else "C02",
            "item": "rent",
            "loan": one.loan,
            "amount": asked,
            "way": ways.get(one.business, ("", ""))[way],
        }
        order: Order = TypeAdapter(Order).validate_python(fields)
        return order

    @rule(
        person=st.sampled_from(PEOPLE),
        terminal=st.sampled_from(["A", "B"]),
        group=st.sampled_from(["withdrawal", "loan", "change", "transfer"]),
        which=st.integers(0, 9),
        amount=st.sampled_from(["least", "most", "more"]),
        way=st.integers(0, 1),
        confirms=st.sampled_from([True, True, False]),
        commits=st.integers(0, 2),
    )
    def order_something(
        self,
        person: str,
        terminal: str,
        group: Group,
        which: int,
        amount: str,
        way: int,
        confirms: bool,
        commits: int,
    ) -> None:
        visitor = self.visitor(person, terminal)
        can = [one for one in self.desk.eligibility(visitor, group) if one.can and changeable(one)]
        if not can:
            return
        self.keys += 1
        request = DraftRequest(
            key=f"{self.keys:032x}", order=self.order(can[which % len(can)], person, amount, way)
        )
        try:
            draft, new = self.desk.draft(visitor, request)
        except Refused:
            return
        assert new
        self.drafts.append((person, draft))
        if confirms:
            self._confirm(visitor, draft)
        for _ in range(commits):
            self._commit(draft, terminal)

    @precondition(lambda self: self.drafts)
    @rule(which=st.integers(0, 10**6), terminal=st.sampled_from(["A", "B"]))
    def confirm(self, which: int, terminal: str) -> None:
        person, draft = self.drafts[which % len(self.drafts)]
        self._confirm(self.visitor(person, terminal), draft)

    @precondition(lambda self: self.drafts)
    @rule(which=st.integers(0, 10**6), terminal=st.sampled_from(["A", "B"]))
    def commit(self, which: int, terminal: str) -> None:
        self._commit(self.drafts[which % len(self.drafts)][1], terminal)

    @precondition(lambda self: self.drafts)
    @rule(which=st.integers(0, 10**6), tells=st.booleans())
    def cancel(self, which: int, tells: bool) -> None:
        person, draft = self.drafts[which % len(self.drafts)]
        visitor = self.visitor(person, "A")
        self.desk.cancel(visitor, draft.id)
        if tells:
            with suppress(Refused):  # not ended
                self.desk.told(visitor, draft.id)

    @rule(seconds=st.sampled_from([1, 61, 301, 599, 601, COOL_DOWN_S]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(
        ends_as=st.sampled_from([OperationState.DONE, OperationState.REFUSED]),
        after_s=st.sampled_from([0.0, 30.0, None]),
    )
    def steer(self, ends_as: OperationState, after_s: float | None) -> None:
        self.desk.steer(Course(ends_as=ends_as, after_s=after_s, times=1))

    @rule()
    def settle(self) -> None:
        self.desk.settle()

    def _confirm(self, visitor: TokenHolder, draft: Operation) -> None:
        evidence: tuple[Evidence, ...] = (Evidence(kind="sms", value=Sensitive(CODE)),)
        with suppress(Refused):
            self.desk.send_code(visitor, draft.id)
        with suppress(Refused):
            if "qr" in draft.confirmed_by[0]:
                evidence += (self._agree(visitor, draft),)
        with suppress(Refused):
            confirmation = Confirmation(evidence=evidence, digest=digest_of(draft))
            self.desk.confirm(visitor, draft.id, confirmation)

    def _agree(self, visitor: TokenHolder, draft: Operation) -> Evidence:
        """The citizen agrees on their phone."""
        login = self.desk.open_login(visitor, draft.id, "")
        code = login.content.reveal().rpartition("/")[2]
        self.centre.logins.agree(code, login.digits, visitor.person["id"])
        return Evidence(kind="qr", value=Sensitive(login.id))

    def _commit(self, draft: Operation, terminal: str) -> None:
        with suppress(Refused):
            self.desk.commit(terminal, draft.id)

    # -- what always holds --------------------------------------------------------------------

    @invariant()
    def no_balance_is_negative_and_every_ledger_adds_up(self) -> None:
        if not hasattr(self, "centre"):
            return
        store = self.centre.store
        assert not store.all("SELECT number FROM account WHERE balance < 0")
        rows = store.all(
            "SELECT account.balance AS balance, (SELECT balance FROM booking WHERE "
            "account = account.number ORDER BY booked DESC, rowid DESC LIMIT 1) AS last "
            "FROM account"
        )
        assert all(row["balance"] == row["last"] for row in rows if row["last"] is not None)

    @invariant()
    def money_moves_once_and_only_for_what_is_done(self) -> None:
        if not hasattr(self, "centre"):
            return
        rows = self.centre.store.all(
            "SELECT operation.state AS state, was_confirmed, count(*) AS times, "
            "count(DISTINCT account) AS accounts, sum(movement.amount) AS sum, business "
            "FROM movement JOIN operation ON operation.id = operation GROUP BY operation"
        )
        for row in rows:
            assert (row["state"], row["was_confirmed"]) == (OperationState.DONE, 1)
            if row["business"] == Business.ACCOUNT_MERGE:  # from account to account, and no more
                assert (row["sum"], row["times"]) == (0, row["accounts"])
            else:
                assert row["times"] == 1

    @invariant()
    def nothing_is_paid_out_while_a_new_card_cools(self) -> None:
        if not hasattr(self, "centre"):
            return
        assert not self.centre.store.all(
            "SELECT 1 FROM operation JOIN on_file USING (person) WHERE state = 'done' "
            "AND business LIKE '%-withdrawal' AND ended > card_changed "
            "AND ended < card_changed + ?",
            COOL_DOWN_S,
        )

    @invariant()
    def card_and_phone_are_not_changed_within_a_day(self) -> None:
        if not hasattr(self, "centre"):
            return
        assert not self.centre.store.all(
            "SELECT 1 FROM on_file WHERE abs(card_changed - phone_changed) < ?", COOL_DOWN_S
        )

    @invariant()
    def ranks_rise_and_a_final_state_stays(self) -> None:
        if not hasattr(self, "centre"):
            return
        for row in self.centre.store.all("SELECT id, state FROM operation"):
            state = OperationState(row["state"])
            assert state.rank >= self.ranks.get(row["id"], 0)
            self.ranks[row["id"]] = state.rank
            if state.final:
                assert self.finals.setdefault(row["id"], state) is state

    @invariant()
    def one_of_a_person_and_kind_is_in_flight(self) -> None:
        if not hasattr(self, "centre"):
            return
        assert not self.centre.store.all(
            "SELECT 1 FROM operation WHERE state IN ('confirmed', 'in-progress') "
            "GROUP BY person, kind HAVING count(*) > 1"
        )


def changeable(one: Eligibility) -> bool:
    """Whether there is something to change, where a change is asked for."""
    return not one.fields or any(field.choices for field in one.fields)


_SEEDED: list[Path] = []


def seeded() -> Path:
    """A directory with a filled database and a seal: each run begins with a copy."""
    if not _SEEDED:
        directory = Path(tempfile.mkdtemp(prefix="centre-seed-"))
        StandInCentre(directory).close()
        _SEEDED.append(directory)
    return _SEEDED[0]


@pytest.fixture(scope="module", autouse=True)
def _tidy() -> Iterator[None]:
    yield
    for directory in _SEEDED:
        shutil.rmtree(directory)
    _SEEDED.clear()


FEW = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_they_hold() -> None:
    run_state_machine_as_test(AnyOrder, settings=FEW)


@pytest.mark.parametrize(
    "bug", [CentreBug.COMMITS_DONE_AGAIN, CentreBug.COMMITS_CANCELLED, CentreBug.COMMITS_DRAFTED]
)
def test_a_bug_breaks_them(bug: CentreBug) -> None:
    class WrongCentre(AnyOrder):
        bugs = frozenset({bug})

    unshrunk = settings(FEW, phases=[Phase.generate], max_examples=200)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(WrongCentre, settings=unshrunk)
