"""What each page shows, as plain words and numbers: a frozen dataclass a page, without Qt.

``ChooseContent`` is what ``ChoosePage.qml`` shows. A ``…Part`` is an item of a list on a page.
:mod:`ui.qml_types` makes of each a type that QML reads and qmllint checks: a field may be a
``str``, ``bool``, ``int``, ``float``, or a tuple of ``str`` or of parts.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageContent:
    """Base of the contents of all pages."""

    @property
    def page(self) -> str:
        """The name of the QML file, without ``.qml``, whose page shows this content."""
        return type(self).__name__.removesuffix("Content") + "Page"


# -- items of lists -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActionPart:
    """A button that leads on from a page; ``closed`` says why the button is not ``enabled``."""

    key: str
    title: str
    icon: str
    enabled: bool
    closed: str


@dataclass(frozen=True, slots=True)
class OptionPart:
    """One thing to choose; ``tone`` is the colour of ``hint``. ``badge`` says what the options
    are compared by, and the ``best`` of them stands on green."""

    key: str
    title: str
    hint: str
    icon: str
    enabled: bool = True
    tone: str = ""
    badge: str = ""
    best: bool = False


@dataclass(frozen=True, slots=True)
class MenuRowPart:
    """A row of the menu: at most three services of one kind of business; ``word`` and ``icon`` are
    empty on the further rows of the same kind."""

    word: str
    icon: str
    tiles: tuple[OptionPart, ...]


@dataclass(frozen=True, slots=True)
class FactPart:
    """A label with a value; with a ``tone``, the value stands on a badge."""

    label: str
    value: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class TabPart:
    """A tab, which leads to another table on the same page."""

    key: str
    title: str
    current: bool


@dataclass(frozen=True, slots=True)
class ColumnPart:
    """How a column is shown; ``at`` is the place of its text in every line, from 0. The widest text
    of the column is one of ``widest``, or ``dots`` that stand in place of amounts."""

    at: int
    title: str
    strong: bool
    quiet: bool
    right: bool
    wide: bool
    widest: tuple[str, ...]
    dots: str


@dataclass(frozen=True, slots=True)
class LinePart:
    """A line of a table. ``tones`` has one for each of ``texts``: a colour, ``"hidden"`` for dots
    in place of an amount, or nothing."""

    texts: tuple[str, ...]
    tones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AdvicePart:
    """A piece of advice: a heading and a sentence."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class WayPart:
    """One way of a trial: its lines, the button that chooses it, and its debt year by year (plain
    numbers as text, the first is today's)."""

    key: str
    title: str
    choose: str
    lines: tuple[FactPart, ...]
    debts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class YearPart:
    """A year of a loan in a chart: the bars and the debt as shares of the chart's height; ``word``
    stands below, where it is not empty."""

    word: str
    principal: float
    interest: float
    balance: float


@dataclass(frozen=True, slots=True)
class OutletPart:
    """One outlet: how far and until when, who waits there, and ``action``, the word of its button
    (empty: nothing can be had there from here). ``share``: its distance as part of the longest."""

    key: str
    name: str
    distance: str
    share: float
    lead: str
    state: str
    tone: str
    action: str


# -- coming and going -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AttractContent(PageContent):
    """The services of this terminal, in three lines, the button that begins a visit, and the one
    that leads to what needs no sign-in. ``clock`` is the centre's time now, empty where it is not
    known; ``possible`` are what can be done now, one kind each, and ``now`` stands above them."""

    lines: tuple[str, ...]
    lead: str
    start: str
    public: str
    clock: str
    hours: tuple[str, ...]
    now: str
    possible: tuple[str, ...]
    fault: bool = False
    """Whether the one line tells why nobody can begin here."""
    staff: str = ""
    """The button beside the notices for those who can mend what they tell; empty: nobody can."""


@dataclass(frozen=True, slots=True)
class MaintenanceContent(PageContent):
    """The technician's page. ``rest`` words the minutes of the ticket, ``left_s`` are its seconds;
    0: it has no end."""

    title: str
    lead: str
    band: str
    rest: str
    left_s: int
    note: str
    note_tone: str
    note_icon: str
    devices: tuple[OptionPart, ...]
    counters: tuple[FactPart, ...]
    acts: tuple[ActionPart, ...]
    end: str


@dataclass(frozen=True, slots=True)
class OutOfServiceContent(PageContent):
    """设备维护中, about until when, and where the citizen can go instead: ``places`` heads the
    nearest of them with their distances."""

    title: str
    lead: str
    until: str
    places: str
    nearest: tuple[FactPart, ...]


@dataclass(frozen=True, slots=True)
class PresentCardContent(PageContent):
    """请把身份证放在感应区, which lies on the side ``to`` of the screen (``side`` in words; both
    empty where nobody knows). ``lies``: a card that was read before lies there still."""

    title: str
    lead: str
    help: str
    reader: str
    side: str
    to: str
    lies: bool
    actions: tuple[ActionPart, ...] = ()


@dataclass(frozen=True, slots=True)
class PresentThingContent(PageContent):
    """Asks for a card in the slot, or a code before the scanner; ``icon`` stands large. The
    ``device`` lies on the side ``to`` of the screen, ``side`` in words; all three are empty where
    nobody knows."""

    title: str
    lead: str
    icon: str
    help: str
    device: str
    side: str
    to: str
    actions: tuple[ActionPart, ...] = ()


@dataclass(frozen=True, slots=True)
class PhoneCodeContent(PageContent):
    """A QR code: ``rows`` from the top, one digit a module, 1 is dark. It is valid for ``whole``
    seconds, of which ``rest`` are left; ``%1`` in ``left`` stands for the rest. The phone asks for
    ``digits``."""

    title: str
    lead: str
    rows: tuple[str, ...]
    whole: int
    rest: int
    left: str
    steps: tuple[str, ...]
    note: str
    digits: str
    actions: tuple[ActionPart, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmNameContent(PageContent):
    """The citizen's whole name, with a button for yes and a button for no; ``otherwise`` says what
    the second leads to."""

    title: str
    lead: str
    name: str
    otherwise: str
    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class EnterCodeContent(PageContent):
    """Asks for a code of ``length`` digits; after ``resend_after`` seconds the citizen may ask for
    a new code."""

    title: str
    lead: str
    wrong: str
    length: int
    resend_after: int
    resend: str
    resend_in: str
    """The words on the button until then; ``%1`` stands for the seconds left."""
    confirm: str
    help: str
    secret: bool = False
    """Whether the page shows dots in place of the digits."""
    other: str = ""
    """The text of the button that leads to other ways in; empty where there are none."""


@dataclass(frozen=True, slots=True)
class EnterPinContent(PageContent):
    """Asks for a PIN of ``length`` digits at the pad, which holds ``entered`` of them."""

    title: str
    lead: str
    wrong: str
    length: int
    entered: int
    help: str
    actions: tuple[ActionPart, ...] = ()


@dataclass(frozen=True, slots=True)
class MenuContent(PageContent):
    """The services in rows of one kind each, and the hotline. ``first`` has the same services for
    care mode: of each kind the first, then all others. ``note`` tells why services are closed, one
    reason a line, the longest first."""

    title: str
    lead: str
    hotline: str
    note: str
    not_now: str
    """What a closed tile says where its reason is too long for the tile."""
    rows: tuple[MenuRowPart, ...]
    first: tuple[OptionPart, ...]
    actions: tuple[ActionPart, ...] = ()
    """What stands in the foot in place of the hotline."""


@dataclass(frozen=True, slots=True)
class UnitMenuContent(PageContent):
    """The menu of a unit: above, what the unit has to pay this month and whether it has; below, the
    services."""

    title: str
    lead: str
    label: str
    number: str
    badge: str
    badge_tone: str
    under: str
    """How many people, and up to which month."""
    ratios: str
    hotline: str
    tiles: tuple[OptionPart, ...]


@dataclass(frozen=True, slots=True)
class RateContent(PageContent):
    """Five levels to choose from, and a button to skip; ``done`` is what is rated."""

    title: str
    lead: str
    done: tuple[FactPart, ...]
    levels: tuple[OptionPart, ...]
    skip: str


@dataclass(frozen=True, slots=True)
class FarewellContent(PageContent):
    """再见; ``lies``: a card still lies there, and the page asks again and again."""

    title: str
    lead: str
    note: str
    lies: bool = False


# -- choosing, looking, entering ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChooseContent(PageContent):
    """One question with a few answers; ``so_far`` is known or done already."""

    title: str
    lead: str
    so_far: tuple[FactPart, ...]
    options: tuple[OptionPart, ...]
    leave: bool = True


@dataclass(frozen=True, slots=True)
class PickManyContent(PageContent):
    """Several of many: those that are chosen have a tick. ``confirm`` is the button's text with %1
    for how many are chosen, ``full`` says that ``most`` are chosen."""

    title: str
    lead: str
    options: tuple[OptionPart, ...]
    most: int
    none: str
    confirm: str
    full: str


@dataclass(frozen=True, slots=True)
class StatementContent(PageContent):
    """Facts, with one large number above them where ``label`` is not empty.

    ``eye`` is the text of the button that shows or hides amounts; empty on a page that hides none.
    """

    title: str
    lead: str
    label: str
    number: str
    under: str
    note: str
    note_tone: str
    facts: tuple[FactPart, ...]
    actions: tuple[ActionPart, ...]
    revealed: bool
    eye: str


@dataclass(frozen=True, slots=True)
class TableContent(PageContent):
    """A table, below the ``sums`` of its lines; without lines, it shows the sentence ``empty``.
    ``eye`` as in a statement. ``on`` is the key of the button that leads on and ``on_title`` its
    text; both empty where there is none. ``phone`` and ``phone_title``: the same of 手机上继续."""

    title: str
    lead: str
    sums: tuple[FactPart, ...]
    tabs: tuple[TabPart, ...]
    columns: tuple[ColumnPart, ...]
    lines: tuple[LinePart, ...]
    empty: str
    revealed: bool
    eye: str
    on: str
    on_title: str
    phone: str
    phone_title: str


@dataclass(frozen=True, slots=True)
class EnterNumberContent(PageContent):
    """Asks for a number from ``least`` to ``most``, in ``unit``. Where ``rest`` is not empty, it is
    the label of the rest: ``rest_of`` minus the number. ``all`` is the text of the button that
    enters ``most``, empty where there is none. ``grouped``: digits stand in groups of three."""

    title: str
    lead: str
    label: str
    unit: str
    places: int
    least: float
    most: float
    too_small: str
    too_large: str
    rest: str
    rest_of: float
    all: str
    clear: str
    confirm: str
    grouped: bool
    phone: str  # empty: there is no such button


@dataclass(frozen=True, slots=True)
class EnterDigitsContent(PageContent):
    """Asks for ``least`` to ``most`` digits: ``first`` of them stand together, then always four.
    ``wrong``: why the last number does not do."""

    title: str
    lead: str
    label: str
    least: int
    most: int
    first: int
    wrong: str
    confirm: str
    other: str = ""
    """The text of the button that leads to other ways in; empty where there are none."""


# -- operations -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConfirmOperationContent(PageContent):
    """The quote of an operation. ``texts`` are the buttons that show an agreed text in full; after
    ``seconds`` the page asks the centre whether the quote still holds (0: it never does)."""

    title: str
    lead: str
    label: str
    amount: str
    capitals: str
    facts: tuple[FactPart, ...]
    agreed: str
    texts: tuple[ActionPart, ...]
    seconds: int
    left: str
    """The words of the countdown; ``%1`` stands for minutes and seconds."""
    hold: str
    holding: str
    in_two: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class ReasonsContent(PageContent):
    """What can be had, and below what cannot, with the reasons; either may be empty."""

    title: str
    lead: str
    can_title: str
    can: tuple[OptionPart, ...]
    cannot_title: str
    cannot: tuple[OptionPart, ...]
    note: str


@dataclass(frozen=True, slots=True)
class OutletsContent(PageContent):
    """Where to go, the quickest first; ``here`` is the word at the beginning of the road."""

    title: str
    lead: str
    here: str
    outlets: tuple[OutletPart, ...]
    actions: tuple[ActionPart, ...]


@dataclass(frozen=True, slots=True)
class CompareContent(PageContent):
    """The ways of a trial side by side; ``chart`` is the title of the chart, empty without one."""

    title: str
    lead: str
    ways: tuple[WayPart, ...]
    chart: str
    years: tuple[str, ...]
    """The words under the chart, from its left to its right end."""
    note: str


@dataclass(frozen=True, slots=True)
class ReadTextContent(PageContent):
    """A text in full, paragraph by paragraph."""

    title: str
    lead: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecidingContent(PageContent):
    """Three plain steps while an operation is decided; the second is under way, for ``waited``
    (``%1`` stands for the seconds)."""

    title: str
    lead: str
    steps: tuple[AdvicePart, ...]
    waited: str
    note: str


@dataclass(frozen=True, slots=True)
class AwaitResultContent(PageContent):
    """The result is not known. ``code`` is what the citizen reads to the hotline; ``asks`` is the
    sentence of the countdown (``%1`` stands for ``seconds``), empty where nobody asks."""

    title: str
    lead: str
    note: str
    code_label: str
    code: str
    under: str
    advice: tuple[AdvicePart, ...]
    seconds: int
    asks: str
    free: bool
    actions: tuple[ActionPart, ...]
    rows: tuple[str, ...] = ()  # of a QR code that shows how far the operation is
    scan: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeContent(PageContent):
    """The operation is done; ``amount`` is empty where the centre reports none."""

    title: str
    lead: str
    label: str
    amount: str
    facts: tuple[FactPart, ...]
    note: str
    actions: tuple[ActionPart, ...]


# -- without signing in ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GuideContent(PageContent):
    title: str
    lead: str
    here: str  # how it can be done at a terminal instead; empty: only at the counter
    bring: tuple[str, ...]
    facts: tuple[FactPart, ...]
    actions: tuple[ActionPart, ...]


@dataclass(frozen=True, slots=True)
class TouchTestContent(PageContent):
    """Fields to press, with which a technician tries the panel."""

    title: str
    lead: str
    actions: tuple[ActionPart, ...]


@dataclass(frozen=True, slots=True)
class AimCameraContent(PageContent):
    """The camera's picture as it is now, and the oval in which a face belongs."""

    title: str
    lead: str
    picture: str  # what a screen reader calls the picture
    actions: tuple[ActionPart, ...]


@dataclass(frozen=True, slots=True)
class RemedyPart:
    """One thing to do; ``picture`` is an icon, ``number`` its place in the order."""

    number: str
    picture: str
    text: str


@dataclass(frozen=True, slots=True)
class RemedyContent(PageContent):
    """What can be done against a device's fault, in order."""

    title: str
    lead: str
    steps: tuple[RemedyPart, ...]
    actions: tuple[ActionPart, ...]


@dataclass(frozen=True, slots=True)
class CheckPart:
    """One thing that was looked at: a line under its title, and what mends it."""

    icon: str
    tone: str
    title: str
    text: str
    mend: str


@dataclass(frozen=True, slots=True)
class ShowChecksContent(PageContent):
    """What was looked at, in order. ``working``: what the page waits for; empty: it does not."""

    title: str
    lead: str
    note: str
    note_tone: str
    checks: tuple[CheckPart, ...]
    actions: tuple[ActionPart, ...]
    working: str


@dataclass(frozen=True, slots=True)
class EnterTextContent(PageContent):
    """Asks for at most ``most`` letters, which begin as ``typed``; ``pieces`` are keys that type
    several. ``scan`` is the text of the button that has the scanner read them; empty: none."""

    title: str
    lead: str
    wrong: str
    typed: str
    most: int
    pieces: tuple[str, ...]
    confirm: str
    scan: str


@dataclass(frozen=True, slots=True)
class ShowEnrolmentContent(PageContent):
    """The ``code`` of an enrolment (empty: there is none), the ``groups`` of the hash of the key,
    and a QR code as in :class:`PhoneCodeContent`. ``note``: what hinders the enrolment now."""

    title: str
    lead: str
    note: str
    code_label: str
    code: str
    hash_label: str
    groups: tuple[str, ...]
    rows: tuple[str, ...]
    steps: tuple[str, ...]
    actions: tuple[ActionPart, ...]


@dataclass(frozen=True, slots=True)
class LoanYearsContent(PageContent):
    """The years of a loan as a chart: ``unit`` heads the scale, whose words begin with zero;
    ``principal``, ``interest`` and ``balance`` name what is drawn. ``balance_top`` is the debt
    before the first year. ``spoken`` says the chart in words. ``eye`` and ``revealed`` as on other
    pages with amounts of the citizen; where the amounts are hidden, the scale has no words."""

    title: str
    lead: str
    unit: str
    principal: str
    interest: str
    balance: str
    scale: tuple[str, ...]
    years: tuple[YearPart, ...]
    balance_top: float
    spoken: str
    facts: tuple[FactPart, ...]
    note: str
    actions: tuple[ActionPart, ...]
    revealed: bool = True
    eye: str = ""


# -- paper and trouble ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PreviewContent(PageContent):
    """The sealed document, which has ``pages`` pages."""

    title: str
    lead: str
    pages: int
    actions: tuple[ActionPart, ...]


@dataclass(frozen=True, slots=True)
class PrintingContent(PageContent):
    """A printer works; ``paper`` is ``"a4"`` or ``"slip"``. While a trouble holds the print up,
    ``waits`` says whom the print waits for, with ``%1`` for the seconds, of which ``waited`` have
    passed."""

    title: str
    lead: str
    paper: str
    waits: str = ""
    waited: int = 0


@dataclass(frozen=True, slots=True)
class PaperReadyContent(PageContent):
    """The paper has come out: ``sheets`` lie in ``slot``, which lies on the side ``to`` of the
    screen (empty: not known). ``paper`` as for the printing; ``count`` says side and sheets."""

    title: str
    lead: str
    paper: str
    sheets: int
    count: str
    slot: str
    to: str
    actions: tuple[ActionPart, ...]


@dataclass(frozen=True, slots=True)
class ProblemContent(PageContent):
    """A trouble: what happened, what to do, whom to ask, and the number to quote."""

    title: str
    lead: str
    tone: str
    advice: tuple[AdvicePart, ...]
    reference_label: str
    reference: str
    actions: tuple[ActionPart, ...]


# -- the face -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PointPart:
    """One thing that a notice answers."""

    icon: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class FaceConsentContent(PageContent):
    """用刷脸确认是您本人？ with two equal buttons; ``notice`` and ``version`` name the text."""

    title: str
    lead: str
    points: tuple[PointPart, ...]
    notice: str
    version: str
    whole: str
    agree: str
    decline: str


@dataclass(frozen=True, slots=True)
class AgreementContent(PageContent):
    """The agreement before signing in: ``agree`` works once ``tick`` is pressed; until then
    ``untold`` says why not."""

    title: str
    lead: str
    points: tuple[PointPart, ...]
    notice: str
    version: str
    whole: str
    tick: str
    agree: str
    untold: str


@dataclass(frozen=True, slots=True)
class NoticeContent(PageContent):
    """The whole text of a notice, paragraph by paragraph."""

    title: str
    lead: str
    paragraphs: tuple[str, ...]
    close: str


@dataclass(frozen=True, slots=True)
class FaceCaptureContent(PageContent):
    """The preview in an oval, the ring of progress round it, and the one thing to do now."""

    ticks: int  # of 60
    step: str
    say: str
    lead: str
    note: str
    other: str
    preview: str  # what a screen reader calls the picture
