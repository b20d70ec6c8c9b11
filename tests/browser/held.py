"""Requests of a page that get no answer until a test lets them go."""

from playwright.sync_api import Page, Route

from tests.browser.waiting import wait_for


class Held:
    """The requests to one address that wait."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self.routes: list[Route] = []
        page.route(address, lambda route: self.routes.append(route))

    def wait_for(self, count: int) -> None:
        wait_for(lambda: len(self.routes) >= count, lambda: self._page.wait_for_timeout(20))

    def let_go(self) -> None:
        """Those that wait, once there is one; others may come meanwhile, and wait in their turn."""
        self.wait_for(1)
        waiting, self.routes = self.routes, []
        for route in waiting:
            route.continue_()
