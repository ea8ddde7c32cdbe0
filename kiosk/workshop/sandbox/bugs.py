"""Bugs that a centre could have, as switches: a harness or a check that finds none is no good."""

from __future__ import annotations

from enum import StrEnum


class CentreBug(StrEnum):
    """What a developer of a centre might do. The stand-in has none unless a test sets it."""

    COMMITS_DONE_AGAIN = "commits-done-again"  # a commit of what is done moves the money again
    COMMITS_PROGRESS_AGAIN = "commits-progress-again"  # the same for what is in progress
    COMMITS_DRAFTED = "commits-drafted"
    COMMITS_EXPIRED = "commits-expired"  # expiry is looked at in a query, not in a commit
    COMMITS_CANCELLED = "commits-cancelled"
    EXPIRY_NOT_STORED = "expiry-not-stored"  # "expired" is computed for the answer
    CANCELS_PROGRESS = "cancels-progress"  # says "cancelled" of what is in progress
    MANY_IN_FLIGHT = "many-in-flight"  # no rule of one in flight
    FLIGHT_ONLY_AT_CONFIRMATION = "flight-only-at-confirmation"
    TWO_LIVE_DRAFTS = "two-live-drafts"  # and the rule is looked at only in a draft
    NEXT_BEFORE_TOLD = "next-before-told"  # another operation although an end was never told
    FORGETS_ID = "forgets-id"  # an operation that has ended is not found
    ANYBODYS_OPERATION = "anybodys-operation"  # shows it to whoever knows its id
    TRIAL_SUPERSEDES = "trial-supersedes"  # a trial takes the place of what is drafted
    PAID_AT_ONCE = "paid-at-once"  # says "paid" while the bank only has the order
    CANCELLABLE_AFTER_END = "cancellable-after-end"
    CONFIRMS_WITHOUT_CONSENT = "confirms-without-consent"  # although the spouse has not agreed
    CONFIRMS_WITHOUT_CLERK = "confirms-without-clerk"  # although a clerk has not approved
    ANYBODY_APPROVES = "anybody-approves"  # also who is no clerk
    APPROVES_OWN = "approves-own"  # a clerk may approve an operation of their own
    FORGETS_AGREED_SUM = "forgets-agreed-sum"  # of a standing withdrawal
    FORGETS_WHO_DECIDES = "forgets-who-decides"  # a draft does not name the other centre
    GRANTED_AT_ONCE = "granted-at-once"  # says that another centre has decided, with the commit
    DECIDES_WITHDRAWN = "decides-withdrawn"  # the other centre decides on what was taken back
    KEEPS_STAFF = "keeps-staff"  # who was taken off the roster stays in it
    GUESSABLE_ENROLMENT = "guessable-enrolment"  # its id is the code on the screen
    UNSIGNED_REQUEST = "unsigned-request"  # a certificate for a key that did not sign for it
    CERTIFIES_NEWEST_KEY = "certifies-newest-key"  # and not the one whose code was allowed
    CODE_FOR_EVER = "code-for-ever"  # a code of an enrolment whose time has passed
    RENEWS_ANY_KEY = "renews-any-key"
    SERVES_STOPPED = "serves-stopped"  # a terminal out of use
    NUMBER_TWICE = "number-twice"  # two terminals with one
    OLD_BOARD_SERVED = "old-board-served"  # the certificate of a key that was exchanged
    TICKET_FOR_NUMBER = "ticket-for-number"  # whichever key has asked
    OTHER_EDITION = "other-edition"  # the catalogue names an edition that is not published
    CLOSED_WAY_OPENS = "closed-way-opens"  # a way in that the catalogue says is closed
    LOGIN_FOR_ALL = "login-for-all"  # tells any terminal how far a phone is
    HANDOVER_FOR_ALL = "handover-for-all"  # the same of a hand-over
    HANDOVER_OF_ANY_ACCOUNT = "handover-of-any-account"  # a phone goes on with somebody else's
    COPY_WITHOUT_TEXT = "copy-without-text"  # of an agreement: one sentence, as on a receipt
    COPY_UNSEALED = "copy-unsealed"
