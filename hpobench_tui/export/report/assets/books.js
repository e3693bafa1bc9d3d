// The protocol at the head; brackets and importance of a problem; failures and the audit.
const pairs = (record) => h("dl", {}, Object.entries(record).map(([key, value]) =>
  [h("dt", {}, name(key)), h("dd", {}, name(Array.isArray(value) ? value.join("; ") : String(value)))]).flat());

const listed = (record) => Object.entries(record).map(([key, value]) => `${key} ${value}`).join(", ");

function head() {
  const {experiments} = protocol;
  const count = `${plural(problems.length, "problem")} × ${plural(labels.length, "optimizer")} × ${plural(protocol.repetitions, "repetition")}`;
  const runs = `${plural(protocol.runs, "run")} (${whole(protocol.finished)} finished, ${whole(protocol.failed)} failed), ${plural(protocol.trials, "trial")}`;
  const budgets = [...new Set(protocol.problems.map((each) => `${each.budget} ${each.unit}`))];
  const first = experiments[0];
  const facts = {
    matrix: count, runs,
    budget: budgets.length > 4 ? `${budgets.slice(0, 4).join("; ")}; and ${budgets.length - 4} more (below)` : budgets.join("; "),
    ...(first ? {
      date: experiments.map((each) => each.date).join("; "),
      status: [...new Set(experiments.map((each) => each.status))].join("; "),
      seed: experiments.map((each) => each.seed).join("; "),
      program: [...new Set(experiments.map((each) => ["hpobench-tui", "git revision", "python"].filter((key) => each.versions[key])
        .map((key) => `${key} ${each.versions[key]}`).join(", ")))].filter(Boolean).join("; ") || "not recorded",
      machine: [...new Set(experiments.map((each) => ["processor", "cores", "memory MB", "gpus"].filter((key) => each.machine[key])
        .map((key) => `${key} ${each.machine[key]}`).join(", ")))].filter(Boolean).join("; ") || "not recorded",
    } : {}),
  };
  const open = protocol.runs - protocol.finished - protocol.failed;
  return h("header", {}, h("h1", {}, name(data.title)), pairs(facts),
    open ? h("p", {class: "warning"}, `${plural(open, "run")} of ${protocol.runs} ${open === 1 ? "has" : "have"} not ended: this is how things stand so far.`) : null,
    protocol.notes.length ? h("ul", {class: "warning"}, protocol.notes.map((line) => h("li", {}, name(line)))) : null,
    h("details", {}, h("summary", {}, "Protocol: optimizers, problems, versions, machine"),
      table(["optimizer", "is", "settings"], protocol.labels.map((each) => [name(each.name), name(each.optimizer),
        name(Object.entries(each.settings).map(([key, value]) => `${key} = ${value}`).join(", ") || "defaults")]),
      {left: 3, caption: "optimizers"}),
      table(["problem", "budget", "unit", "fidelity", "measure", "reference", "equal within", "noisy", "repetitions"],
        protocol.problems.map((each) => [name(each.name), each.budget, each.unit, name(each.fidelity || "–"), each.measure,
          each.reference === null ? "not known" : shown(each.reference, 6), each.tolerance ? shown(each.tolerance) : "round-off",
          each.noisy ? "yes" : "no", each.repetitions]), {caption: "problems"}),
      experiments.map((each) => [h("h3", {}, name(each.name)), pairs({date: each.date, status: each.status, seed: each.seed,
        repetitions: each.repetitions, clock: each.clock, device: each.device, workers: each.workers ?? "one a core",
        "trials recorded": each.record ?? "all", ...each.machine,
        versions: listed(each.versions), ...each.code})])));
}

const ofProblem = (found, draw) => {
  const place = h("div", {"aria-live": "polite"});
  onProblem.push((problem) => place.replaceChildren(...draw(found.rows.filter((row) => row.problem === problem), problem)));
  return [h("div", {class: "controls"}, picker()), place];
};

function brackets(found) {
  return ofProblem(found, (rows, problem) => {
    if (!rows.length) return [h("p", {class: "why"}, "No optimizer has brackets on ", name(problems[problem]), ".")];
    return [h("h3", {}, name(problems[problem])), ...rows.map((row) => {
      const cycle = row.cycle === null ? "" : `, cycle ${row.cycle + 1} of its plan`;
      const most = Math.max(...row.brackets.flatMap((each) => each.rungs.map((rung) => Math.max(rung.planned || 0, rung.done))), 1);
      const cells = row.brackets.flatMap((each) => each.rungs.map((rung, n) => [
        n ? "" : `${each.s === null ? "" : `s = ${each.s}, `}number ${each.number}`, rung.rung, rung.fidelity,
        bar(rung.done / most, (rung.planned ?? rung.done) / most), rung.planned === null ? rung.done : `${rung.done}/${rung.planned}`,
        rung.promoted ?? "–", rung.failed, rung.cut, shown(rung.best, 4), shown(rung.median, 4)]));
      return h("details", {open: rows.length < 4}, h("summary", {}, name(labels[row.label]), `: repetition ${row.repetition}${cycle}`),
        table(["bracket", "rung", row.unit, "", "trials", "went up", "failed", "cut", "best", "median"], cells, {caption: "rungs"}));
    })];
  });
}

function bar(share, whole, low, high) {
  const wide = 120;
  return s("svg", {class: "share", viewBox: `0 0 ${wide} 12`, width: wide, height: 12, "aria-hidden": "true"},
    s("rect", {class: "to-come", x: 0, y: 2, width: wide * Math.min(whole, 1), height: 8}),
    s("rect", {class: "done", x: 0, y: 2, width: wide * Math.min(share, 1), height: 8}),
    low === undefined ? null : s("line", {class: "bar thin", x1: wide * low, x2: wide * high, y1: 6, y2: 6}));
}

function importance(found) {
  return ofProblem(found, ([row], problem) => {
    if (row.why) return [h("p", {class: "why"}, "Not here: ", name(row.why))];
    const level = percent(row.level);
    return [
      table(["hyperparameter", "importance", "", level, "of the best", "alone", "p by chance", "n"], row.shares.map((one) => [
        name(one.name), one.importance.toFixed(3), bar(one.importance, 1, one.low, one.high),
        `[${one.low.toFixed(3)}, ${one.high.toFixed(3)}]`, one.of_best.toFixed(3), one.alone.toFixed(3), shown(one.by_chance, 2), one.n]),
      {caption: `${problems[problem]}: what distinguishes the best ${row.best} of ${row.n} trials`}),
      row.pairs.length ? table(["pair", "share", "", level, "p", "n"], row.pairs.map((one) => [
        h("span", {}, name(one.one), " × ", name(one.other)), one.share.toFixed(3), bar(one.share, 1, one.low, one.high),
        `[${one.low.toFixed(3)}, ${one.high.toFixed(3)}]`, shown(one.by_chance, 2), one.n]),
      {caption: "what pairs explain of all losses, beyond both alone"}) : h("p", {class: "hint"}, "no pair explains half a percent of all losses beyond both alone"),
      h("ul", {class: "notes"}, row.notes.map((line) => h("li", {}, name(line)))),
    ];
  });
}

function failures(found) {
  if (!found.rows.length) return [h("p", {class: "lead"}, "Nothing failed: no run and no trial.")];
  const total = (list) => list.reduce((sum, each) => sum + each, 0);
  return [
    h("p", {class: "lead"}, `${plural(total(found.failed_runs), "run")} and ${plural(total(found.failed_trials), "trial")} failed, for ${plural(found.rows.length, "kind")} of reasons.`),
    ...found.rows.map((row) => h("details", {class: "reason"},
      h("summary", {}, h("strong", {}, [row.runs && plural(row.runs, "run"), row.trials && plural(row.trials, "trial")].filter(Boolean).join(", ")), " ", name(row.short)),
      h("p", {}, "first: ", name(row.where)), row.whole ? h("pre", {tabindex: 0}, row.whole) : null)),
  ];
}

function audit(found) {
  return found.rows.map((row) => {
    const broken = row.runs - row.hold - row.untold;
    const kept = `${whole(row.hold)} of ${plural(row.runs, "run")} kept their budget exactly`;
    const open = row.open ? `, ${whole(row.open)} of them so far: they have not ended` : "";
    const untold = `Imported: of ${plural(row.untold, "run")} nobody can say whether they kept a budget`;
    return h("div", {},
      found.rows.length > 1 ? h("h3", {}, name(row.name)) : null,
      h("p", {class: broken ? "lead warning" : "lead"}, `${row.untold ? untold : kept + open}${broken ? `; ${whole(broken)} do NOT hold` : ""}.`),
      row.sealed ? null : h("p", {class: "warning"}, "No digests, as an earlier version wrote this store: that nothing was changed since is not proven."),
      row.broken.length ? table(["run", "what is wrong"], row.broken.map((each) => each.map(name)), {left: 2, caption: "what does not hold"}) : null,
      row.verdicts.length ? table(["verdict", "runs"], row.verdicts.map(([text, count]) => [name(text), count]), {caption: "verdicts"}) : null);
  });
}
