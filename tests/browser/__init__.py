"""Real browsers, driven as a person's phone would be."""

from playwright.sync_api import expect

#: So long is whatever is expected waited for, as Playwright itself waits for an element to press.
SECONDS = 30

expect.set_options(timeout=SECONDS * 1000)
