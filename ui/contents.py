"""What each page shows, as plain words and numbers: a frozen dataclass a page, without Qt.

``ChooseContent`` is what ``ChoosePage.qml`` shows. A ``…Part`` is an item of a list on a page.
:mod:`ui.qml_types` makes of each a type that QML reads and qmllint checks: a field may be a
``str``, ``bool``, ``int``, ``float``, or a tuple of ``str`` or of parts.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageContent:
    """Base of what a page shows."""

    @property
    def page(self) -> str:
        """The page that shows it: the name of its QML file."""
        return type(self).__name__.removesuffix("Content") + "Page"


# -- items of lists -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActionPart:
    """A way on from a page; ``closed`` says why it is not ``enabled``."""

    key: str
    title: str
    icon: str
    enabled: bool
    closed: str


@dataclass(frozen=True, slots=True)
class OptionPart:
    """One thing to choose; ``tone`` is the colour of ``hint``."""

    key: str
    title: str
    hint: str
    icon: str
    enabled: bool = True
    tone: str = ""


@dataclass(frozen=True, slots=True)
class FactPart:
    """A label and its value; with a ``tone``, on a badge."""

    label: str
    value: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class TabPart:
    """Another table of the same page."""

    key: str
    title: str
    current: bool


@dataclass(frozen=True, slots=True)
class ColumnPart:
    """How a column is shown; ``at`` is its place in every line."""

    at: int
    title: str
    strong: bool
    quiet: bool
    right: bool
    wide: bool


@dataclass(frozen=True, slots=True)
class LinePart:
    """A line of a table. ``tones`` has one for each of ``texts``: a colour, ``"hidden"`` for dots
    in place of an amount, or nothing."""

    texts: tuple[str, ...]
    tones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AdvicePart:
    """A heading and what it means."""

    title: str
    text: str


# -- coming and going -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AttractContent(PageContent):
    """What can be done here."""

    lines: tuple[str, ...]
    lead: str
    start: str


@dataclass(frozen=True, slots=True)
class OutOfServiceContent(PageContent):
    """设备维护中, and where else to go."""

    title: str
    lead: str


@dataclass(frozen=True, slots=True)
class PresentCardContent(PageContent):
    """请把身份证放在感应区."""

    title: str
    lead: str
    help: str


@dataclass(frozen=True, slots=True)
class ConfirmNameContent(PageContent):
    """The whole name, and two answers."""

    title: str
    lead: str
    name: str
    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class EnterCodeContent(PageContent):
    """A code of ``length`` digits, asked for again after ``resend_after`` seconds."""

    title: str
    lead: str
    wrong: str
    length: int
    resend_after: int
    resend: str
    resend_in: str
    """With ``%1`` in place of the seconds left."""
    confirm: str
    help: str


@dataclass(frozen=True, slots=True)
class MenuContent(PageContent):
    """The services, and whom to ask."""

    title: str
    hotline: str
    tiles: tuple[OptionPart, ...]


@dataclass(frozen=True, slots=True)
class RateContent(PageContent):
    """Five levels, or none."""

    title: str
    lead: str
    levels: tuple[OptionPart, ...]
    skip: str


@dataclass(frozen=True, slots=True)
class FarewellContent(PageContent):
    """再见."""

    title: str
    lead: str
    note: str


# -- choosing, looking, entering ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChooseContent(PageContent):
    """One question with a few answers."""

    title: str
    lead: str
    options: tuple[OptionPart, ...]


@dataclass(frozen=True, slots=True)
class StatementContent(PageContent):
    """Facts, and above them one large number with its label, or none.

    ``eye`` stands on the button that shows or hides amounts; it is empty where none is hidden.
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
    """A table, or ``empty`` in place of its lines; its eye as in a statement."""

    title: str
    lead: str
    tabs: tuple[TabPart, ...]
    columns: tuple[ColumnPart, ...]
    lines: tuple[LinePart, ...]
    empty: str
    revealed: bool
    eye: str


@dataclass(frozen=True, slots=True)
class EnterNumberContent(PageContent):
    """A number from ``least`` to ``most``, in ``unit``; ``rest_of`` is what it is taken off, where
    ``rest`` has a label. ``all`` stands on the button that enters ``most``."""

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


# -- paper and trouble ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PreviewContent(PageContent):
    """The sealed document, ``pages`` sheets of it."""

    title: str
    lead: str
    pages: int
    actions: tuple[ActionPart, ...]


@dataclass(frozen=True, slots=True)
class PrintingContent(PageContent):
    """Paper on its way out: ``"a4"`` or ``"slip"``."""

    title: str
    lead: str
    paper: str


@dataclass(frozen=True, slots=True)
class PaperReadyContent(PageContent):
    """The paper is out: take it."""

    title: str
    lead: str
    actions: tuple[ActionPart, ...]


@dataclass(frozen=True, slots=True)
class ProblemContent(PageContent):
    """What happened, what it means, whom to ask and the number to quote."""

    title: str
    lead: str
    tone: str
    advice: tuple[AdvicePart, ...]
    reference_label: str
    reference: str
    actions: tuple[ActionPart, ...]
