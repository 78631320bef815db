"""Waiting for a condition with a deadline; nothing here sleeps for luck."""

import time

# A sanitized binary on a busy machine is slow; a test that passes does not wait for this long.
DEADLINE = 60.0


def eventually(condition, timeout=DEADLINE, interval=0.05, what=None):
    """Call condition() until it returns something true, and return that.

    An assertion, a look-up or an I/O error inside counts as "not yet"; after the deadline the last one is
    raised, so that the test shows what was wrong rather than only that time went by.
    """
    deadline = time.monotonic() + timeout
    while True:
        last = None
        try:
            result = condition()
            if result:
                return result
        except (AssertionError, LookupError, OSError) as error:
            last = error
        if time.monotonic() >= deadline:
            raise last or AssertionError(f"not within {timeout:g} s: {what or condition}")
        time.sleep(interval)


def seconds(action):
    """(result, how long it took)"""
    start = time.monotonic()
    result = action()
    return result, time.monotonic() - start
