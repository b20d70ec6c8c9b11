"""From the tap on Save until the rating is on disk and the phone says so, beside a bare write."""

from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from playwright.sync_api import Playwright

from benchmarks.phone_server import BARE
from tests.browser.chromium import chromium_phone
from tests.browser.patient import Patient
from tests.browser.waiting import wait_until

NOTE_SAVES = """(() => {
  const times = (window.times = { tap: 0, disk: 0, said: 0 });
  addEventListener('click', ({ target, timeStamp }) => {
    if (target.closest?.('.primary')) Object.assign(times, { tap: timeStamp, disk: 0, said: 0 });
  }, true);
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...given) {
    const begun = begin.apply(this, given);
    const strict = begun.mode === 'readwrite' && begun.durability === 'strict';
    const note = () => { times.disk ||= performance.now(); };
    if (strict) begun.addEventListener('complete', note);
    return begun;
  };
  new MutationObserver(() => {
    if (document.querySelector('main.view-saved h1')) times.said ||= performance.now();
  }).observe(document, { childList: true, subtree: true, characterData: true });
})()"""
#: One small record, as durable.
BARE_WRITE = """async id => {
  window.open_ ??= await new Promise((resolve, reject) => {
    const opening = indexedDB.open('bare', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('items', { keyPath: 'id' });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const started = performance.now();
  await new Promise((resolve, reject) => {
    const writing = window.open_.transaction('items', 'readwrite', { durability: 'strict' });
    writing.objectStore('items').put({ id, scores: { main: 4 }, note: null });
    writing.oncomplete = resolve;
    writing.onabort = () => reject(writing.error);
    setTimeout(() => reject('no write within 30 s'), 30000);
  });
  return performance.now() - started;
}"""


@dataclass(frozen=True)
class Saves:
    """Milliseconds, one of each for each save."""

    disk: list[float]  #: from the tap until the transaction was complete
    said: list[float]  #: from the tap until the words stood on the screen
    bare: list[float]  #: a bare page's one write


def measure(playwright: Playwright, folder: Path, url: str, count: int) -> Saves:
    """Rate so often, unslowed and offline; the bare page writes by turns."""
    measured = Saves([], [], [])
    with (
        chromium_phone(playwright, folder / "diary") as phone,
        chromium_phone(playwright, folder / "bare") as bare,
    ):
        phone.set_offline(True)
        bare.set_offline(True)
        bare.open(f"{url}{BARE}")
        phone.context.add_init_script(NOTE_SAVES)
        patient = Patient(phone, url)
        phone.open(f"{url}/#/rate")
        for number in range(count):
            wait_until(
                phone.page, "!window.firstTaps && !!document.querySelector('.view-rate .point')"
            )
            patient.rate(number % 11)
            times = phone.page.evaluate("times")
            assert times["tap"] < times["disk"] <= times["said"], f"not durable first: {times}"
            measured.disk.append(times["disk"] - times["tap"])
            measured.said.append(times["said"] - times["tap"])
            measured.bare.append(bare.page.evaluate(BARE_WRITE, str(number)))
            phone.page.evaluate("location.hash = '#/rate'")
        kept = phone.page.evaluate(COUNT_KEPT)
        assert kept >= count, f"{kept} kept of {count}"
    return measured


COUNT_KEPT = """new Promise((resolve, reject) => {
  const opening = indexedDB.open('block-diary');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const counting = opening.result.transaction('items').objectStore('items').count();
    counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
    counting.onerror = () => reject(counting.error);
  };
  setTimeout(() => reject('no count within 30 s'), 30000);
})"""


def table(measured: Saves) -> str:
    lines = [f"{f'{len(measured.disk)} saves, ms, unslowed':32}{'p50':>9}{'p95':>9}"]
    for name, times in (
        ("tap until on disk", measured.disk),
        ("tap until the phone says so", measured.said),
        ("a bare page's write", measured.bare),
    ):
        cuts = quantiles(times, n=20, method="inclusive")
        lines.append(f"{name:32}{cuts[9]:9.1f}{cuts[18]:9.1f}")
    return "\n".join([*lines, ""])
