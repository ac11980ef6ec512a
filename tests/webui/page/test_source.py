"""The time of a page: one for all of it, and never one that was read for another."""

from flask import Flask

from webui.page.source import Source


def test_a_page_that_is_read_has_one_time_and_the_next_page_its_own(
    app: Flask, source: Source
) -> None:
    """A demo's clock ticks at each reading: two that are equal are one."""
    with app.test_request_context("/"):
        first = source.now
        assert source.now == first
    with app.test_request_context("/"):
        assert source.now > first


def test_what_may_write_reads_the_clock_anew_and_so_does_whatever_is_no_page(
    app: Flask, source: Source
) -> None:
    with app.test_request_context("/", method="POST"):
        before = source.now
        assert source.now > before
    assert source.now < source.now
