"""Would the tests see it if the code were changed? Small changes, one at a time, and how many of them a test kills.

    python start.py bench mutants
    python -m tests.benchmarks.bench_mutants ecgteach/fusion.py     one module, or several

cosmic-ray makes the changes (another operator, another number, a loop that is left out ...); a sample of them is drawn
for each of the modules that all figures rest on, and the tests of that module run on a copy of the project. What
cannot be imported any more is no mutant. A change that makes the tests run for ever is killed when they have used
`PATIENCE` times the processor time of the tests without any change, so that a busy machine kills nothing; what stands
still without working is told apart and counts for nothing. Survivors are printed with their line: each asks for a
test, or changes nothing that anybody could see. ``ECGTEACH_MUTANTS`` sets how many are drawn for each module,
``ECGTEACH_MUTANT_WORKERS`` how many processes judge them.
"""

import ast
import json
import logging
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WANTED = 0.9
EACH = int(os.environ.get("ECGTEACH_MUTANTS", "30"))
WORKERS = int(os.environ.get("ECGTEACH_MUTANT_WORKERS", "2"))
PATIENCE = 5.0
STANDSTILL = 900
"""Seconds of the clock after which a run that works no more is given up, however busy the machine is."""

MODULES = {
    "ecgteach/filters.py": ["tests/test_held_fast.py", "tests/test_filters.py", "tests/test_strip.py"],
    "ecgteach/quality/disturbances.py": [
        "tests/test_quality.py",
        "tests/test_held_fast.py",
        "tests/records/test_record.py",
    ],
    "ecgteach/qrs.py": ["tests/test_qrs.py", "tests/test_beats.py"],
    "ecgteach/beats.py": ["tests/test_beats.py", "tests/waves/test_delineation.py"],
    "ecgteach/fusion.py": ["tests/test_fusion.py", "tests/test_explanation.py"],
    "ecgteach/gradcam.py": ["tests/test_gradcam.py", "-k", "not senet"],
    "ecgteach/statistics.py": ["tests/test_statistics.py", "tests/training/evaluation"],
    "ecgteach/image/geometry.py": ["tests/test_image.py"],
    "ecgteach/waves/p_wave.py": [
        "tests/test_held_fast.py",
        "tests/waves/test_p_wave.py",
        "tests/waves/test_delineation.py",
    ],
    "ecgteach/checks/localisation/scores.py": ["tests/checks/localisation/test_scores.py"],
    "ecgteach/training/fit/localisation_loss.py": ["tests/training/fit/test_localisation_loss.py"],
    "ecgteach/simulator/evidence.py": ["tests/simulator/test_evidence.py", "tests/simulator/test_simulate.py"],
}
"""The modules, and the tests that answer for each, as pytest is told them."""

KILLED, SURVIVED, BROKEN, STILL = "killed", "survived", "does not import", "stands still"
PRELOADED = (
    "numpy, scipy.signal, scipy.stats, scipy.ndimage, torch, pandas, matplotlib.pyplot, pytest, hypothesis, wfdb"
)


@dataclass(frozen=True)
class Mutant:
    """One change of one module: the operator that made it, the changed source, and the line in words."""

    module: str
    operator: str
    source: str
    line: str


def mutants_of(module: str, number: int, seed: int = 0) -> list[Mutant]:
    """A sample of the changes that cosmic-ray knows for a module, the same for the same seed.

    Annotations are left alone: they do not run.
    """
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    logging.getLogger("stevedore").setLevel(logging.ERROR)
    source = (ROOT / module).read_text(encoding="utf-8")
    still = _annotations(source)
    found = []
    for name in operator_names():
        if name.endswith(("VariableReplacer", "VariableInserter")):  # these need arguments of their own
            continue
        operator = get_operator(name)()
        positions = [span for node in ast_nodes(get_ast(source)) for span in operator.mutation_positions(node)]
        found += [(name, number) for number, (start, _) in enumerate(positions) if start[0] not in still]
    made = []
    draw = random.Random(f"{seed}/{module}")
    for name, occurrence in draw.sample(found, len(found)):
        changed = mutate_code(source, get_operator(name)(), occurrence)
        if changed is not None and changed != source and _compiles(changed):
            made.append(Mutant(module, name.removeprefix("core/"), changed, _first_difference(source, changed)))
        if len(made) == number:
            break
    return made


def judge(mutants: Sequence[Mutant]) -> list[str]:
    """What became of each mutant, several at once, each in a process and a copy of its own."""
    with tempfile.TemporaryDirectory(prefix="ecgteach-mutants-") as folder:
        workers = [_worker(Path(folder) / str(number), mutants[number::WORKERS]) for number in range(WORKERS)]
        answers = [worker.communicate()[0].split("\n") for worker in workers]
        if any(worker.returncode for worker in workers):
            raise RuntimeError("a worker did not come to its end; it says above why")
    outcomes = [""] * len(mutants)
    for number, lines in enumerate(answers):
        outcomes[number::WORKERS] = [line for line in lines if line in (KILLED, SURVIVED, BROKEN, STILL)]
    return outcomes


def serve(jobs: Path) -> None:
    """Judge the mutants of one file: libraries are imported once, and each mutant has a child of this process.

    Before a module's first mutant its tests run without any change: that must pass, and says how long they work.
    """
    for name in PRELOADED.split(", "):
        __import__(name)
    sys.dont_write_bytecode = True
    own: dict[str, float] = {}
    for module, source, tests in json.loads(jobs.read_text(encoding="utf-8")):
        if module not in own:
            began = _children_worked()
            if _outcome(tests, STANDSTILL) != SURVIVED:
                sys.exit(f"the tests of {module} fail without any change; mend that first")
            own[module] = _children_worked() - began
        kept = Path(module).read_text(encoding="utf-8")
        Path(module).write_text(source, encoding="utf-8")
        try:
            print(_outcome(tests, PATIENCE * own[module]), flush=True)
        finally:
            Path(module).write_text(kept, encoding="utf-8")


def main(modules: Sequence[str] = ()) -> None:
    """Print how many mutants of each module were killed, and those that were not; of all modules, or of some."""
    total: Counter[str] = Counter()
    print(f"{'module':46}{'mutants':>9}{'killed':>9}{'share':>9}", flush=True)
    for module in modules or MODULES:
        mutants = mutants_of(module, EACH)
        outcomes = judge(mutants)
        counted = Counter(outcomes)
        total += counted
        tried = counted[KILLED] + counted[SURVIVED]
        print(f"{module:46}{tried:9}{counted[KILLED]:9}{counted[KILLED] / max(tried, 1):9.0%}", flush=True)
        for mutant, outcome in zip(mutants, outcomes, strict=True):
            if outcome in (SURVIVED, STILL):
                print(f"    {outcome}: {mutant.line} ({mutant.operator})", flush=True)
    tried = total[KILLED] + total[SURVIVED]
    share = total[KILLED] / max(tried, 1)
    reached = "reached" if share >= WANTED else "not reached"
    print(f"\nkilled {total[KILLED]} of {tried}, {share:.1%}; wanted {WANTED:.0%}: {reached}")
    print(f"{total[BROKEN]} did not import and {total[STILL]} stood still: they do not count")


def _worker(copy: Path, mutants: Sequence[Mutant]) -> "subprocess.Popen[str]":
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    jobs = copy / "jobs.json"
    jobs.write_text(json.dumps([[one.module, one.source, MODULES[one.module]] for one in mutants]), encoding="utf-8")
    code = "import sys, pathlib; from tests.benchmarks.bench_mutants import serve; serve(pathlib.Path(sys.argv[1]))"
    settings = {**os.environ, "PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
    return subprocess.Popen(
        [sys.executable, "-c", code, str(jobs)], cwd=copy, env=settings, stdout=subprocess.PIPE, text=True
    )


def _outcome(tests: Sequence[str], seconds: float) -> str:
    """What the tests say in a child of this process, which may work so many seconds of processor time."""
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.alarm(STANDSTILL)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        import pytest

        os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    named = {0: SURVIVED, 2: BROKEN, 3: BROKEN, 4: BROKEN, -signal.SIGALRM: STILL}
    return named.get(code, KILLED)


def _children_worked() -> float:
    """Seconds of processor time that the children of this process have used, all in all."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _annotations(source: str) -> set[int]:
    """Lines on which only annotations stand, or an annotation that a change could meet."""
    lines = set()
    for node in ast.walk(ast.parse(source)):
        for name in ("annotation", "returns"):
            if (found := getattr(node, name, None)) is not None:
                lines |= set(range(found.lineno, found.end_lineno + 1))
    return lines


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _first_difference(source: str, changed: str) -> str:
    for number, (before, after) in enumerate(zip(source.split("\n"), changed.split("\n"), strict=False), 1):
        if before != after:
            return f"line {number}: {before.strip()}  ->  {after.strip()}"
    return "at the end"


if __name__ == "__main__":
    main(sys.argv[1:])
