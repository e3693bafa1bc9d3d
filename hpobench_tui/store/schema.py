"""The store's tables. ``PRAGMA user_version`` is the schema's version.

``configuration``, ``metrics`` and ``plan`` are JSON text. Costs are integers in the run's quanta (ns for seconds,
see ``core.budget``), so that sums are exact. Times are seconds of the run's clock, which starts at 0 and stands still
while the run is paused; on a simulated clock they are simulated seconds, but for ``ask_seconds``, ``tell_seconds`` and
``evaluate_seconds``, which are always real.

``trial`` is what happened, ``progress`` where the run stood after a trial: sums and incumbent over *all* trials, kept
by the run loop, so that every row is exact whatever was left out (``core.progress`` says which rows there are).
"""

VERSION = 4
PAGE_SIZE = 16384

TABLES = """
CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE experiment (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    name TEXT NOT NULL,
    spec TEXT NOT NULL,              -- core.experiment.Experiment, as JSON
    status TEXT NOT NULL,            -- waiting, running, paused, finished, cancelled
    created REAL NOT NULL,           -- Unix time
    seconds REAL NOT NULL DEFAULT 0  -- of supervision so far
);
CREATE TABLE run (
    id INTEGER PRIMARY KEY,          -- position in the matrix, from 0
    problem TEXT NOT NULL,
    optimizer TEXT NOT NULL,         -- registered name
    label TEXT NOT NULL,             -- what tables show
    repetition INTEGER NOT NULL,
    problem_seed INTEGER NOT NULL,
    optimizer_seed INTEGER NOT NULL,
    unit TEXT NOT NULL,
    budget INTEGER NOT NULL,         -- quanta
    quanta_per_unit INTEGER NOT NULL,
    spent INTEGER NOT NULL DEFAULT 0, -- the ledger, as the worker keeps it
    trials INTEGER NOT NULL DEFAULT 0,
    failed_trials INTEGER NOT NULL DEFAULT 0,
    fidelity TEXT,                   -- what a unit of fidelity is, or null for a problem without
    minimum_fidelity INTEGER NOT NULL, -- the smallest a trial can have; 1 without fidelity
    resumable INTEGER NOT NULL,      -- whether a training can be continued
    reference REAL NOT NULL,         -- the loss that regret is measured against
    tolerance REAL NOT NULL,         -- losses that differ by no more are equal; 0: but for round-off
    measure TEXT NOT NULL,           -- what is shown of the problem by default
    noisy INTEGER NOT NULL,          -- whether equal configurations may have other losses
    status TEXT NOT NULL,            -- waiting, running, done, complete, failed, cancelled
    attempts INTEGER NOT NULL DEFAULT 0,
    clock REAL NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0, -- real ones that workers spent on it, pauses left out
    optimizer_seconds REAL NOT NULL DEFAULT 0,
    plan TEXT,                       -- planned brackets: [[s, [[configurations, fidelity], ...]], ...]
    activity TEXT,                   -- what the worker does at this moment
    device TEXT,
    error TEXT,
    UNIQUE (problem, label, repetition)
);
CREATE TABLE landmark (
    problem TEXT NOT NULL,
    name TEXT NOT NULL,
    loss REAL NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (problem, name)
) WITHOUT ROWID;
CREATE TABLE trial (
    run INTEGER NOT NULL REFERENCES run(id),
    number INTEGER NOT NULL,         -- in the order in which trials end
    asked INTEGER NOT NULL,          -- in the order of the questions; another one where trials run side by side
    status TEXT NOT NULL,            -- done, pruned, failed, cut
    configuration TEXT NOT NULL,
    fidelity INTEGER,                -- reached
    target INTEGER,
    bracket INTEGER,
    rung INTEGER,
    continues INTEGER,
    loss REAL,
    truth REAL,                      -- noise-free loss at full fidelity, where known
    reference REAL,                  -- what the comparator of the regret lost in its round, where not the run's
    metrics TEXT,
    cost INTEGER NOT NULL,           -- quanta
    clock_start REAL NOT NULL,
    clock_end REAL NOT NULL,
    ask_seconds REAL NOT NULL,
    tell_seconds REAL NOT NULL,
    evaluate_seconds REAL NOT NULL,
    worker INTEGER,                  -- which of the run's simulated workers; null on the real clock
    error TEXT,
    PRIMARY KEY (run, number)
) WITHOUT ROWID;
CREATE INDEX trial_error ON trial (run, number) WHERE error IS NOT NULL; -- first reasons, without a look at all trials
CREATE TABLE progress (
    run INTEGER NOT NULL REFERENCES run(id),
    number INTEGER NOT NULL,         -- after this trial
    spent INTEGER NOT NULL,          -- of the budget, in quanta
    fidelity INTEGER NOT NULL,       -- sum over the trials, each as if trained from scratch
    clock REAL NOT NULL,             -- when the trial ended
    incumbent INTEGER,               -- the trial that is the incumbent
    incumbent_value REAL,            -- its noise-free loss where known, else its loss
    losses INTEGER NOT NULL,         -- how many trials have a loss; the sums below are over these
    regret REAL NOT NULL,            -- of the losses, less what the comparator of the regret would have lost each time
    pseudo_regret REAL NOT NULL,     -- the same of the noise-free losses (of the losses where those are not known)
    PRIMARY KEY (run, number)
) WITHOUT ROWID;
CREATE TABLE report (
    run INTEGER NOT NULL,
    trial INTEGER NOT NULL,
    fidelity INTEGER NOT NULL,
    loss REAL,
    metrics TEXT,
    PRIMARY KEY (run, trial, fidelity)
) WITHOUT ROWID;
CREATE TABLE command (
    id INTEGER PRIMARY KEY,
    verb TEXT NOT NULL,              -- pause, unpause, cancel
    created REAL NOT NULL,
    handled REAL
);
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    time REAL NOT NULL,              -- Unix time
    level TEXT NOT NULL,             -- info, warning, error
    run INTEGER,
    message TEXT NOT NULL
);
"""

TRIAL_COLUMNS = (
    "run", "number", "asked", "status", "configuration", "loss", "truth", "cost", "clock_start", "clock_end",
    "ask_seconds", "tell_seconds", "evaluate_seconds", "fidelity", "target", "bracket", "rung", "continues",
    "reference", "metrics", "worker", "error",
)  # fmt: skip
"""Those that most trials lack come last: a row may end before them, as each null costs as much as three numbers."""

PROGRESS_COLUMNS = (
    "run", "number", "spent", "fidelity", "clock", "incumbent", "incumbent_value", "losses", "regret", "pseudo_regret",
)  # fmt: skip

REPORT_COLUMNS = ("run", "trial", "fidelity", "loss", "metrics")
