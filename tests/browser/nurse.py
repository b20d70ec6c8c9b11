"""A nurse at a desk: signs in, enrols, reads a block's page."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from playwright.sync_api import Page, expect

from tests.browser.diary_server import EMAIL, DiaryServer


@dataclass(frozen=True)
class Enrolled:
    """What the sheet of a new patient says, and their block."""

    code: str
    block_id: UUID


class Nurse:
    """Uses the clinic's pages as a person does."""

    def __init__(self, page: Page, server: DiaryServer) -> None:
        self.page = page
        self._server = server

    def sign_in(self) -> None:
        self.page.goto(f"{self._server.url}/clinic/")
        self.page.get_by_label("Email address").fill(EMAIL)
        self.page.get_by_label("Password").fill(self._server.password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(self.page.get_by_role("link", name="Enrol a patient")).to_be_visible()

    def enrol(self, reference: str) -> Enrolled:
        """One patient with one block of the left side; the code is read off the sheet."""
        self.page.get_by_role("link", name="Enrol a patient").click()
        self.page.get_by_label("Patient reference").fill(reference)
        self.page.get_by_label("Lumbar").check()
        self.page.get_by_label("Left", exact=True).check()
        self.page.get_by_label("Levels").fill("L4/5")
        self.page.get_by_label("Anaesthetic").select_option("bupivacaine")
        self.page.get_by_role("button", name="Enrol and make the sheet").click()
        code = self.page.locator("p.code").inner_text()
        link = self.page.locator("section[aria-labelledby=blocks-title] a").get_attribute("href")
        assert link is not None
        return Enrolled(code, UUID(link.rpartition("/")[2]))

    def read(self, block_id: UUID) -> str:
        """The block's page, in words."""
        page = f"{self._server.url}/clinic/blocks/{block_id}"
        self.page.goto(page)
        if self.page.get_by_label("Password").count():  # sessions end after two idle hours
            self.sign_in()
            self.page.goto(page)
        return self.page.locator("main").inner_text()

    def json(self, block_id: UUID, name: str) -> Any:
        """`report.json` or `record.json` of a block."""
        answer = self.page.request.get(f"{self._server.url}/clinic/blocks/{block_id}/{name}")
        assert answer.status == 200, answer.text()
        return answer.json()
