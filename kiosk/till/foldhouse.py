"""The fold's steps that concern no line: the process, the people, the link, and paper.

Pure; used by ``kiosk.till.fold`` alone.
"""

from dataclasses import replace

from kiosk.domain import events as ev
from kiosk.till import foldparts as parts
from kiosk.till.foldparts import must
from kiosk.till.ports import Entry
from kiosk.till.state import Book, PrintJob, WrongTries

# ---- the process, people, the link


def started(book: Book, entry: Entry, event: ev.TillStarted) -> Book:
    must(book.currency in ("", event.currency), "a terminal has one currency")
    sales = tuple(parts.after_restart(sale) for sale in book.sales)
    started = replace(book, sales=sales, running=True, user="", locked=False, currency=event.currency)
    return parts.pruned(started, entry.at_ms)


def stopped(book: Book, _: Entry, __: ev.TillStopped) -> Book:
    return replace(book, running=False, user="", locked=False)


def logged_in(book: Book, _: Entry, event: ev.ClerkLoggedIn) -> Book:
    wrong = tuple(tries for tries in book.wrong if tries.user_id != event.user_id)
    return replace(book, user=event.user_id, locked=False, wrong=wrong)


def logged_out(book: Book, _: Entry, __: ev.ClerkLoggedOut) -> Book:
    return replace(book, user="", locked=False)


def locked(book: Book, _: Entry, __: ev.TillLocked) -> Book:
    must(book.user != "", "only a till in use is locked")
    return replace(book, locked=True)


def log_in_refused(book: Book, entry: Entry, event: ev.LogInRefused) -> Book:
    before = next((tries.count for tries in book.wrong if tries.user_id == event.user_id), 0)
    others = tuple(tries for tries in book.wrong if tries.user_id != event.user_id)
    return replace(book, wrong=(*others, WrongTries(event.user_id, before + 1, entry.at_ms)))


def link_lost(book: Book, entry: Entry, _: ev.LinkLost) -> Book:
    must(book.link_down_since_ms is None, "the link is lost once")
    return replace(book, link_down_since_ms=entry.at_ms)


def link_restored(book: Book, _: Entry, __: ev.LinkRestored) -> Book:
    must(book.link_down_since_ms is not None, "only a lost link is restored")
    return replace(book, link_down_since_ms=None)


# ---- paper


def print_requested(book: Book, _: Entry, event: ev.PrintRequested) -> Book:
    must(all(job.receipt_no != event.receipt_no for job in book.jobs), "an original is printed once")
    return replace(book, jobs=(*book.jobs, PrintJob(event.job_id, event.receipt_no, 0)))


def copy_requested(book: Book, _: Entry, event: ev.CopyRequested) -> Book:
    numbers = [job.copy_no for job in book.jobs if job.receipt_no == event.receipt_no]
    must(event.copy_no == max(numbers, default=0) + 1, "copies are numbered without a gap")
    return replace(book, jobs=(*book.jobs, PrintJob(event.job_id, event.receipt_no, event.copy_no)))


def print_ended(book: Book, _: Entry, event: ev.PrintEnded) -> Book:
    must(any(job.job_id == event.job_id and job.outcome is None for job in book.jobs), "a job ends once")
    jobs = tuple(
        replace(job, outcome=event.outcome, reason=event.reason) if job.job_id == event.job_id else job
        for job in book.jobs
    )
    return replace(book, jobs=jobs)
