"""The pages before a paper: which one, for which years, for which centre, and a paper again."""

from __future__ import annotations

from typing import Any

from kiosk.centre.models import Document
from kiosk.privacy import Sensitive
from kiosk.services.out_of_town import addressee_page
from kiosk.services.papers import PAPERS_PAGE, STATEMENT, years_page
from kiosk.visit.steps import Action, Preview, Step
from kiosk.words import _
from kiosk.workshop.sandbox.other_centres import CENTRES


def paper_samples(document: Document, pdf: bytes) -> dict[str, Step[Any]]:
    """By the names of their pages."""
    again = document.model_copy(update={"print_number": 2})
    button = Action("print", _("打印{paper}", paper=STATEMENT), "printer")
    return {
        "89-which-paper": PAPERS_PAGE,
        "89-which-years": years_page((2026, 2025, 2024)),
        "89-which-centre": addressee_page(CENTRES),
        "89-preview-again": Preview(again, Sensitive(pdf), actions=(button,)),
    }
