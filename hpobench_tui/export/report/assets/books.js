// The protocol at the head; brackets and importance of a problem; failures and the audit.
const described = (record) => h("dl", {}, Object.entries(record).map(([key, value]) =>
  [h("dt", {}, name(key)), h("dd", {}, name(Array.isArray(value) ? value.join("; ") : String(value)))]).flat());
const listed = (record, keys = Object.keys(record)) =>
  keys.filter((key) => record[key]).map((key) => `${key} ${record[key]}`).join(", ");
const alike = (texts) => [...new Set(texts)].filter(Boolean);
const total = (numbers) => numbers.reduce((sum, each) => sum + each, 0);

function head() {
  const {experiments, runs, finished, failed} = protocol;
  const size = [plural(problems.length, "problem"), plural(labels.length, "optimizer"), plural(protocol.repetitions, "repetition")];
  const budgets = alike(protocol.problems.map((each) => `${each.budget} ${each.unit}`));
  const facts = {
    matrix: size.join(" × "),
    runs: `${plural(runs, "run")} (${whole(finished)} finished, ${whole(failed)} failed), ${plural(protocol.trials, "trial")}`,
    budget: budgets.slice(0, 4).join("; ") + (budgets.length > 4 ? `; and ${budgets.length - 4} more (below)` : ""),
  };
  if (experiments.length) {
    facts.date = experiments.map((each) => each.date);
    facts.status = alike(experiments.map((each) => each.status));
    facts.seed = experiments.map((each) => each.seed);
    const programs = experiments.map((each) => listed(each.versions, ["hpobench-tui", "git revision", "python"]));
    const machines = experiments.map((each) => listed(each.machine, ["processor", "cores", "memory MB", "gpus"]));
    facts.program = alike(programs).join("; ") || "not recorded";
    facts.machine = alike(machines).join("; ") || "not recorded";
  }
  const open = runs - finished - failed;
  const soFar = `${plural(open, "run")} of ${whole(runs)} ${open === 1 ? "has" : "have"} not ended: this is how things stand so far.`;
  return h("header", {}, h("h1", {}, name(data.title)), described(facts),
    open ? h("p", {class: "warning"}, soFar) : null,
    protocol.notes.length ? h("ul", {class: "warning"}, protocol.notes.map((line) => h("li", {}, name(line)))) : null,
    h("details", {}, h("summary", {}, "Protocol: optimizers, problems, versions, machine"),
      contenders(), tasks(), experiments.map((each) => [h("h3", {}, name(each.name)), described({
        date: each.date, status: each.status, seed: each.seed, repetitions: each.repetitions, clock: each.clock,
        device: each.device, workers: each.workers ?? "one a core", "trials recorded": each.record ?? "all",
        ...each.machine, versions: listed(each.versions), ...each.code,
      })])));
}

function contenders() {
  const settings = (each) => Object.entries(each.settings).map(([key, value]) => `${key} = ${value}`).join(", ");
  const rows = protocol.labels.map((each) => [each.name, each.optimizer, settings(each) || "none"].map(name));
  return table(["optimizer", "is", "settings"], rows, {left: 3, caption: "optimizers"});
}

function tasks() {
  const heads = ["problem", "budget", "unit", "fidelity", "measure", "reference", "equal within", "noisy", "repetitions"];
  return table(heads, protocol.problems.map((each) => [
    name(each.name), each.budget, each.unit, name(each.fidelity || "–"), each.measure,
    each.reference === null ? "not known" : shown(each.reference, 6),
    each.tolerance ? shown(each.tolerance) : "round-off", each.noisy ? "yes" : "no", each.repetitions,
  ]), {caption: "problems"});
}

// What is shown of the chosen problem alone.
function ofProblem(found, draw) {
  const place = h("div", {"aria-live": "polite"});
  onProblem.push((problem) => {
    place.replaceChildren(...draw(found.rows.filter((row) => row.problem === problem), problem));
  });
  return [h("div", {class: "controls"}, picker()), place];
}

function brackets(found) {
  return ofProblem(found, (rows, problem) => {
    if (!rows.length) return [h("p", {class: "why"}, "No optimizer has brackets on ", name(problems[problem]), ".")];
    return [h("h3", {}, name(problems[problem])), ...rows.map((row) => {
      const cycle = row.cycle === null ? "" : `, cycle ${row.cycle + 1} of its plan`;
      const thinned = row.recorded < row.trials ? `; only ${whole(row.recorded)} of ${plural(row.trials, "trial")} are recorded` : "";
      return h("details", {open: rows.length < 4},
        h("summary", {}, name(labels[row.label]), `: repetition ${row.repetition}${cycle}${thinned}`), rungs(row));
    })];
  });
}

function rungs(row) {
  const every = row.brackets.flatMap((bracket) => bracket.rungs);
  const most = Math.max(1, ...every.map((rung) => Math.max(rung.planned || 0, rung.done)));
  const title = ({s: halvings, number}) => `${halvings === null ? "" : `s = ${halvings}, `}number ${number}`;
  const cells = row.brackets.flatMap((bracket) => bracket.rungs.map((rung, n) => [
    n ? "" : title(bracket), rung.rung, rung.fidelity, bar(rung.done / most, (rung.planned ?? rung.done) / most),
    rung.planned === null ? rung.done : `${rung.done}/${rung.planned}`,
    rung.promoted ?? "–", rung.failed, rung.cut, shown(rung.best, 4), shown(rung.median, 4),
  ]));
  const heads = ["bracket", "rung", row.unit, "", "trials", "went up", "failed", "cut", "best", "median"];
  return table(heads, cells, {caption: "rungs"});
}

function bar(share, whole, low, high) {
  const wide = 120;
  const part = (kind, length) => s("rect", {class: kind, x: 0, y: 2, width: wide * Math.min(length, 1), height: 8});
  return s("svg", {class: "share", viewBox: `0 0 ${wide} 12`, width: wide, height: 12, "aria-hidden": "true"},
    part("to-come", whole), part("done", share),
    low === undefined ? null : s("line", {class: "bar thin", x1: wide * low, x2: wide * high, y1: 6, y2: 6}));
}

function importance(found) {
  return ofProblem(found, ([row], problem) => {
    if (row.why) return [h("p", {class: "why"}, "Not here: ", name(row.why))];
    const level = percent(row.level);
    const between = (one) => `[${one.low.toFixed(3)}, ${one.high.toFixed(3)}]`;
    const shares = row.shares.map((one) => [
      name(one.name), one.importance.toFixed(3), bar(one.importance, 1, one.low, one.high), between(one),
      one.of_best.toFixed(3), one.alone.toFixed(3), shown(one.by_chance, 2), whole(one.n),
    ]);
    const couples = row.pairs.map((one) => [
      h("span", {}, name(one.one), " × ", name(one.other)), one.share.toFixed(3),
      bar(one.share, 1, one.low, one.high), between(one), shown(one.by_chance, 2), whole(one.n),
    ]);
    return [
      table(["hyperparameter", "importance", "", level, "of the best", "alone", "p by chance", "n"], shares,
        {caption: `${problems[problem]}: what distinguishes the best ${row.best} of ${row.n} trials`}),
      couples.length
        ? table(["pair", "share", "", level, "p", "n"], couples, {caption: "what pairs explain of all losses, beyond both alone"})
        : h("p", {class: "hint"}, "no pair explains half a percent of all losses beyond both alone"),
      h("ul", {class: "notes"}, row.notes.map((line) => h("li", {}, name(line)))),
    ];
  });
}

function failures(found) {
  if (!found.rows.length) return [h("p", {class: "lead"}, "Nothing failed: no run and no trial.")];
  const count = (row) => [[row.runs, "run"], [row.trials, "trial"]].filter(([n]) => n).map(([n, what]) => plural(n, what));
  const both = `${plural(total(found.failed_runs), "run")} and ${plural(total(found.failed_trials), "trial")} failed`;
  return [
    h("p", {class: "lead"}, `${both}, for ${plural(found.rows.length, "kind")} of reasons.`),
    ...found.rows.map((row) => h("details", {class: "reason"},
      h("summary", {}, h("strong", {}, count(row).join(", ")), " ", name(row.short)),
      h("p", {}, "first: ", name(row.where)), row.whole ? h("pre", {tabindex: 0}, row.whole) : null)),
  ];
}

function audit(found) {
  return found.rows.map((row) => {
    const broken = row.runs - row.hold - row.untold;
    const kept = `${whole(row.hold)} of ${plural(row.runs, "run")} kept their budget exactly`;
    const open = row.open ? `, ${whole(row.open)} of them so far: they have not ended` : "";
    const untold = `Imported: of ${plural(row.untold, "run")} nobody can say whether they kept a budget`;
    const unsealed = "No digests, as an earlier version wrote this store: that nothing was changed since is not proven.";
    const wrong = row.broken.map((each) => each.map(name));
    const verdicts = row.verdicts.map(([text, count]) => [name(text), whole(count)]);
    return h("div", {},
      found.rows.length > 1 ? h("h3", {}, name(row.name)) : null,
      h("p", {class: broken ? "lead warning" : "lead"},
        `${row.untold ? untold : kept + open}${broken ? `; ${whole(broken)} do NOT hold` : ""}.`),
      row.sealed ? null : h("p", {class: "warning"}, unsealed),
      broken ? table(["run", "what is wrong"], wrong, {left: 2, caption: "what does not hold"}) : null,
      verdicts.length ? table(["verdict", "runs"], verdicts, {caption: "verdicts"}) : null);
  });
}
