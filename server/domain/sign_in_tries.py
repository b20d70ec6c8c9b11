"""How long somebody waits after failed tries: nothing at first, then twice as long each time.

Nothing is ever locked: each wait ends by itself, and it holds for one place, not for an account, so
that nobody can keep somebody else out by guessing. Source: OWASP, device cookies against online
guessing; NIST SP 800-63B-4, 3.2.2.
"""

from datetime import timedelta

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
#: Failures are forgotten so long after the last of them.
FORGOTTEN_AFTER = timedelta(hours=24)


def wait_after(failures: int, free: int) -> timedelta:
    """How long after the last of so many failures the next try is taken.

    :param free: how many failures cost nothing
    """
    if failures < free:
        return timedelta(0)
    doublings = min(failures - free, 10)
    wait: timedelta = FIRST_WAIT * 2**doublings
    return min(wait, LONGEST_WAIT)
