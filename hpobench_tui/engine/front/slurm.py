"""A job script for SLURM (https://slurm.schedmd.com/sbatch.html): an experiment's shards as an array, and a merge.

One file does it all. ``bash FILE`` hands in the array, and a job that merges what there is when all tasks have come to
their ends, however these were: ``afterany``, since after a failure ``afterok`` would leave the merge waiting for ever.
``sbatch --array=3,7 FILE`` runs single shards again. A task goes on where an earlier attempt stopped (``--or-resume``),
so it may be requeued at any time; it does so itself shortly before its time is up.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hpobench_tui.core.errors import HpobenchError
from hpobench_tui.core.nearest import shown
from hpobench_tui.core.shards import MOST_SHARDS

NOTICE_SECONDS = 120
"""How long before its end a task is told, to end in order."""
TIME = re.compile(r"\d{1,7}(:\d{1,2}){0,2}|\d{1,5}-\d{1,2}(:\d{1,2}){0,2}", re.ASCII)
HOW_TIME = (
    "minutes[:seconds], hours:minutes:seconds or days-hours[:minutes[:seconds]], as in 90, 12:00:00 or 1-12, and more"
    f" than the {NOTICE_SECONDS} seconds in which a task is told to end"
)
MEMORY = re.compile(r"\d{1,9}[KMGT]?", re.ASCII)
HOW_MEMORY = "a number with K, M, G or T, as in 4G; or 0, all that a node has"
GPUS = re.compile(r"([A-Za-z0-9_.-]+:)?\d{1,3}", re.ASCII)
HOW_GPUS = "how many, or KIND:how many, as in 1 or a100:2"
MORE = re.compile(r"--([a-z][a-z-]*)(?:[= ](.+))?", re.DOTALL | re.ASCII)
OURS = {"array", "dependency", "output", "open-mode", "parsable", "wrap", "signal", "requeue", "no-requeue"}
"""Options of sbatch without which the script would not do what it says."""
USUAL_LARGEST_ARRAY = 1000
"""Index that SLURM allows unless its administrators say otherwise (MaxArraySize 1001)."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a script is made of.

    Attributes:
        name: Of the experiment; the merged one is called after it.
        spec: Experiment file (its absolute path) or preset.
        shards: How many tasks the array has.
        outputs, logs: Folders, by their absolute paths.
        path: A folder of programs that comes first: where ``hpobench`` is.
        at_most: Tasks at a time; None: as many as there are places.
        time, memory, gpus: Of a task, as ``sbatch`` has them; None: what the cluster gives.
        cpus: Of a task: so many runs go at a time.
        partition, account, qos: Of all jobs.
        modules: To be loaded.
        setup: Lines of bash that come after that, as they are.
        scratch: Where a store is kept while the task runs if ``outputs`` is on a network disk; None: what the
            environment calls temporary.
        restarts: How often a task that runs out of time hands itself in again.
        more: Further options of sbatch for the tasks, as ``--constraint=avx2``.

    Raises:
        HpobenchError: one of them is not what it must be.
    """

    name: str
    spec: str
    shards: int
    outputs: str
    logs: str
    path: str
    at_most: int | None = None
    time: str | None = None
    memory: str | None = None
    gpus: str | None = None
    cpus: int = 1
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    modules: Sequence[str] = ()
    setup: Sequence[str] = ()
    scratch: str | None = None
    restarts: int = 10
    more: Sequence[str] = field(default=())

    def __post_init__(self) -> None:
        for name, least, most in (("shards", 1, MOST_SHARDS), ("cpus", 1, 1024), ("restarts", 0, 1000)):
            if not least <= getattr(self, name) <= most:
                raise HpobenchError(f"--{name}: must be from {least} to {most}, not {getattr(self, name)}.")
        if self.at_most is not None and self.at_most < 1:
            raise HpobenchError(f"--at-most: must be 1 or more, not {self.at_most}.")
        for name, like, how in (("time", TIME, HOW_TIME), ("memory", MEMORY, HOW_MEMORY), ("gpus", GPUS, HOW_GPUS)):
            given = getattr(self, name)
            if given is not None and not like.fullmatch(given):
                raise HpobenchError(f"--{name}: must be {how}, not {shown(given)}.")
        if self.time is not None and seconds(self.time) <= NOTICE_SECONDS:
            raise HpobenchError(f"--time: must be {HOW_TIME}, not {shown(self.time)}.")
        texts = {
            "SPEC": self.spec, "--output": self.outputs, "--logs": self.logs, "--venv": self.path,
            "--partition": self.partition, "--account": self.account, "--qos": self.qos, "--scratch": self.scratch,
        }  # fmt: skip
        listed = [*texts.items(), *(("--module", name) for name in self.modules), *(("--sbatch", o) for o in self.more)]
        for where, text in listed:
            if text is not None and not (text and text.isprintable()):
                raise HpobenchError(f"{where}: must be one line of characters that can be seen, not {shown(text)}.")
        if "\\" in self.logs:
            raise HpobenchError(
                f"--logs: SLURM takes no '\\' in names of logs; choose another folder than {self.logs}."
            )
        for option in self.more:
            match = MORE.fullmatch(option)
            if match is None:
                raise HpobenchError(f"--sbatch: must be a long option, as in --constraint=avx2, not {shown(option)}.")
            if ours := next(
                (name for name in sorted(OURS) if name.startswith(match[1])), None
            ):  # sbatch takes beginnings
                raise HpobenchError(f"--sbatch: --{ours} is set by the script itself, which depends on it.")


def seconds(time: str) -> int:
    """How long that is, as sbatch reads it (:data:`TIME`).

    >>> seconds("90"), seconds("1:30"), seconds("12:00:00"), seconds("1-0")
    (5400, 90, 43200, 86400)
    """
    days, dash, rest = time.rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    if not dash and len(parts) < 3:  # what stands alone are minutes
        parts.insert(0, 0)
    hours, minutes, more = (*parts, 0, 0)[:3]
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + more


def script(job: Job) -> str:
    """The script's text."""
    lines = [
        "#!/bin/bash",
        f"# {job.name} in {job.shards} shards, each a task of a SLURM array, and a job that merges them afterwards.",
        "#   bash THIS_FILE                 hands in both",
        "#   sbatch --array=3,7 THIS_FILE   hands in single shards (again): they go on where they stopped",
        *(f"#SBATCH {option}" for option in _of_tasks(job)),
        "",
        "set -euo pipefail",
        "",
        f"name={_quoted(job.name)}",
        f"spec={_quoted(job.spec)}",
        f"shards={job.shards}",
        f"outputs={_quoted(job.outputs)}",
        f"logs={_quoted(job.logs)}",
        f"restarts={job.restarts}  # of a task that runs out of time",
        "",
        "environment() {",
        *(f"    {line}" for line in _environment(job)),
        "}",
        *_BODY.replace("@SCRATCH@", _scratch(job)).splitlines(),
        f'merging=$(merge_job | sbatch --parsable --dependency="afterany:${{array%%;*}}" {_of_merge(job)})',
        'echo "job ${array%%;*}: $shards shards, logs in $logs"',
        'echo "job ${merging%%;*}: merges them into $outputs/$name-merged-${merging%%;*}, and says what is missing"',
    ]
    return "\n".join(lines) + "\n"


_BODY = r"""
shard() {
    local run code=0 out_of_time=
    environment
    # In the background, so that bash hears signals meanwhile: shortly before its time is up (USR1), or where it has to
    # make room (TERM), the experiment is stopped in order; --or-resume goes on with it.
    hpobench run "$spec" --shard "$SLURM_ARRAY_TASK_ID/$shards" --or-resume --headless --output "$outputs" \
        --workers "${SLURM_CPUS_PER_TASK:-1}" --scratch @SCRATCH@ &
    run=$!
    trap 'out_of_time=yes; kill -TERM "$run" 2> /dev/null || true' USR1
    trap 'kill -TERM "$run" 2> /dev/null || true' TERM
    wait "$run" || code=$?
    while kill -0 "$run" 2> /dev/null; do # a signal ends the waiting, not what is waited for
        code=0
        wait "$run" || code=$?
    done
    if [[ -n $out_of_time && $code -ne 0 && ${SLURM_RESTART_COUNT:-0} -lt $restarts ]]; then
        scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
    fi
    return "$code"
}

merge() {
    environment
    hpobench merge "$outputs/$name"-shard-*-of-"$shards"/experiment.sqlite \
        --output "$outputs/$name-merged-$SLURM_JOB_ID"
}

merge_job() {
    echo '#!/bin/bash'
    printf '%s=%q\n' name "$name" shards "$shards" outputs "$outputs"
    declare -f environment merge
    echo 'set -euo pipefail'
    echo merge
}

if [[ -n ${SLURM_ARRAY_TASK_ID:-} ]]; then
    shard
    exit
fi

mkdir -p "$outputs" "$logs"
array=$(sbatch --parsable "$0")
"""


def _of_tasks(job: Job) -> Iterator[str]:
    yield _option("job-name", job.name)
    yield f"--array=1-{job.shards}" + (f"%{job.at_most}" if job.at_most else "")
    yield _option("output", f"{job.logs.replace('%', '%%')}/%x-%A_%a.log")
    yield "--open-mode=append"
    yield "--requeue"
    yield f"--signal=B:USR1@{NOTICE_SECONDS}"
    yield "--ntasks=1"
    yield f"--cpus-per-task={job.cpus}"
    given = {"mem": job.memory, "time": job.time, "gres": _gres(job.gpus)}
    yield from (f"--{name}={value}" for name, value in given.items() if value is not None)
    yield from _whose(job)
    for option in job.more:
        match = MORE.fullmatch(option)
        assert match is not None  # checked
        yield f"--{match[1]}" if match[2] is None else _option(match[1], match[2])


def _gres(gpus: str | None) -> str | None:
    return f"gpu:{gpus}" if gpus and int(gpus.rpartition(":")[2]) else None  # nodes without any know no `gpu`


def _whose(job: Job) -> Iterator[str]:
    for name in ("partition", "account", "qos"):
        if (value := getattr(job, name)) is not None:
            yield _option(name, value)


def _option(name: str, value: str) -> str:
    """As sbatch reads it in a line of a script: blanks and ``#`` end a value, quotes and ``\\`` are read as such."""
    if re.fullmatch(r"[\w@%+=:,./-]+", value, re.ASCII):
        return f"--{name}={value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'--{name}="{escaped}"'


def _quoted(text: str) -> str:
    """A word of bash, in the quotes that shellcheck has nothing against."""
    if re.fullmatch(r"[\w@%+=:,./-]+", text, re.ASCII):
        return text
    return '"' + re.sub(r'([\\"$`])', r"\\\1", text) + '"'


def _of_merge(job: Job) -> str:
    """Words of bash. A merge is never requeued: its folder would be there already."""
    own = [f"--job-name={job.name}-merge", f"--output={job.logs.replace('%', '%%')}/%x-%j.log", "--no-requeue"]
    own += ["--ntasks=1", "--cpus-per-task=1", "--mem=4G", "--time=01:00:00"]
    whose = [f"--{name}={getattr(job, name)}" for name in ("partition", "account", "qos") if getattr(job, name)]
    return " ".join(map(_quoted, [*own, *whose]))


def _environment(job: Job) -> Iterator[str]:
    if job.modules or job.setup:
        yield "set +u # what others wrote may look at variables that are not set"
        yield from (f"module load {_quoted(name)}" for name in job.modules)
        yield from (line for text in job.setup for line in text.splitlines())
        yield "set -u"
    yield f'export PATH={_quoted(job.path)}:"$PATH"'


def _scratch(job: Job) -> str:
    return '"${SLURM_TMPDIR:-${TMPDIR:-/tmp}}"' if job.scratch is None else _quoted(job.scratch)
