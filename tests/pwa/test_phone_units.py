"""The phone's modules under Node: each `*.test.ts` beside this file is bundled and run."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from pwa import build, words

HERE = Path(__file__).parent
SUITES = sorted(HERE.glob("*.test.ts"))


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All suites, compiled to run under Node."""
    build._install_packages()
    folder = tmp_path_factory.mktemp("phone")
    subprocess.run(
        [
            *(str(build.esbuild()), *map(str, SUITES), f"--outdir={folder}", "--bundle"),
            *("--platform=node", "--format=esm", "--out-extension:.js=.mjs"),
            *("--sourcemap=inline", "--log-level=warning"),
            f"--define:VECTORS={str(HERE.parent / 'vectors')!r}",
            f"--define:WORKER_TRANSLATIONS={json.dumps(words.worker_words())}",
        ],
        env={**os.environ, "NODE_PATH": str(build.MODULES)},
        check=True,
    )
    return folder


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name)
def test_phone_suite(bundles: Path, suite: Path) -> None:
    bundle = bundles / suite.with_suffix(".mjs").name
    run = subprocess.run(
        [
            *(str(build.node()), "--enable-source-maps", "--test", "--test-timeout=150000"),
            *("--test-reporter=spec", str(bundle)),
        ],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    counts = {name: int(count) for name, count in re.findall(r"^ℹ (\w+) (\d+)$", run.stdout, re.M)}
    assert run.returncode == 0, run.stdout + run.stderr
    assert counts["pass"] > 0 and counts["skipped"] == 0 and counts["todo"] == 0, run.stdout
