"""The store's tables. ``PRAGMA user_version`` is the schema's version.

``configuration``, ``metrics`` and ``plan`` are JSON text. Costs are integers in the run's quanta (ns for seconds,
see ``core.budget``), so that sums are exact. Times are seconds of the run's clock, which starts at 0 and stands still
while the run is paused.
"""

VERSION = 1

TABLES = """
CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE experiment (
    id INTEGER PRIMARY KEY CHECK (id = 0),
    name TEXT NOT NULL,
    spec TEXT NOT NULL,              -- the experiment file, as JSON
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
    status TEXT NOT NULL,            -- waiting, running, done, complete, failed, cancelled
    attempts INTEGER NOT NULL DEFAULT 0,
    clock REAL NOT NULL DEFAULT 0,
    optimizer_seconds REAL NOT NULL DEFAULT 0,
    plan TEXT,                       -- planned brackets: [[s, [[configurations, fidelity], ...]], ...]
    activity TEXT,                   -- what the worker does at this moment
    device TEXT,
    error TEXT,
    UNIQUE (problem, label, repetition)
);
CREATE TABLE trial (
    run INTEGER NOT NULL REFERENCES run(id),
    number INTEGER NOT NULL,
    status TEXT NOT NULL,            -- done, pruned, failed, cut
    configuration TEXT NOT NULL,
    fidelity INTEGER,                -- reached
    asked_fidelity INTEGER,
    bracket INTEGER,
    rung INTEGER,
    continues INTEGER,
    loss REAL,
    truth REAL,                      -- noise-free loss at full fidelity, where known
    metrics TEXT,
    cost INTEGER NOT NULL,           -- quanta
    clock_start REAL NOT NULL,
    clock_end REAL NOT NULL,
    ask_seconds REAL NOT NULL,
    tell_seconds REAL NOT NULL,
    evaluate_seconds REAL NOT NULL,
    incumbent INTEGER,               -- trial that is the incumbent after this one
    incumbent_value REAL,            -- its noise-free loss where known, else its loss
    total_loss REAL NOT NULL,        -- sum of the losses up to this trial (failed ones left out)
    losses INTEGER NOT NULL,         -- how many losses that sum has
    error TEXT,
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
    verb TEXT NOT NULL,              -- pause, resume, cancel
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
    "run", "number", "status", "configuration", "fidelity", "asked_fidelity", "bracket", "rung", "continues", "loss",
    "truth", "metrics", "cost", "clock_start", "clock_end", "ask_seconds", "tell_seconds", "evaluate_seconds",
    "incumbent", "incumbent_value", "total_loss", "losses", "error",
)  # fmt: skip

REPORT_COLUMNS = ("run", "trial", "fidelity", "loss", "metrics")
