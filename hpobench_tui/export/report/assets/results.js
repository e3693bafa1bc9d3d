// The overview's matrix, and the curves of each problem with its table.
const final = sections.overview.final || {problem: [], label: []};
const rowOf = new Map(final.problem.map((problem, n) => [`${problem} ${final.label[n]}`, n]));
const groups = new Map((sections.overview.winners || []).map((each) => [each.problem, each]));
const contested = (group) => group && group.told && group.group.length < group.labels;

// The problem that all sections show that show one at a time.
let chosen = 0;
const pickers = [];
const onProblem = [];

function choose(problem) {
  chosen = problem;
  for (const select of pickers) select.value = String(problem);
  for (const listener of onProblem) listener(problem);
}

function picker() {
  const options = problems.map((text, n) => [String(n), text]);
  const label = choice("problem", options, String(chosen), (value) => choose(Number(value)));
  const step = (by) => h("button", {
    type: "button", class: "switch", "aria-label": by < 0 ? "previous problem" : "next problem",
    onclick: () => choose((chosen + by + problems.length) % problems.length),
  }, by < 0 ? "←" : "→");
  pickers.push(label.lastChild);
  return problems.length > 1 ? [step(-1), label, step(1)] : [];
}

function spread(n) {
  const several = final.lower[n] !== null && final.runs[n] > 1;
  const between = several ? ` [${shown(final.lower[n])}, ${shown(final.upper[n])}]` : "";
  const rank = final.best_in_problem[n] ? " ★" : final.tied_in_problem[n] ? " tie" : "";
  return `${shown(final.median[n])}${between}${rank}`;
}

function explained(n, group) {
  const lines = [`${labels[final.label[n]]} on ${problems[final.problem[n]]}`, `median [quartiles]: ${spread(n)}`,
    `runs: ${final.finished[n]} of ${final.runs[n]} finished, ${final.failed[n]} failed`];
  if (final.rank[n] !== null) lines.push(`rank ${shown(final.rank[n])}`);
  if (contested(group) && group.group.includes(final.label[n])) lines.push("in the winner group");
  if (final.note[n]) lines.push(final.note[n]);
  return lines.join("\n");
}

function overview(found) {
  if (!final.problem.length) return [h("p", {class: "why"}, "No run has begun.")];
  let show = "median";
  let sorted = {column: "rank", down: false};
  const ranks = found.average_ranks;
  const wins = labels.map(() => 0);
  final.best_in_problem.forEach((best, n) => { wins[final.label[n]] += best; });
  const rivals = problems.map(() => 0);
  final.problem.forEach((problem, n) => { rivals[problem] += final.rank[n] !== null; });
  const columns = [
    {key: "rank", title: "average rank", value: (label) => ranks[label] ?? null, digits: 3},
    {key: "wins", title: "wins", value: (label) => -wins[label], shown: (label) => String(wins[label])},
    ...problems.map((title, problem) => ({key: problem, title, problem, value: (label) => {
      const n = rowOf.get(`${problem} ${label}`);
      return n === undefined ? null : show === "rank" ? final.rank[n] : final.median[n];
    }})),
  ];
  const body = h("tbody");
  const heads = columns.map((column) => h("th", {scope: "col", class: column.problem === undefined ? "number" : "tall"},
    h("button", {type: "button", title: `sort by ${column.title}`, onclick: () => {
      sorted = {column: column.key, down: sorted.column === column.key && !sorted.down};
      draw();
    }}, broken(column.title))));
  const first = h("th", {scope: "col"}, h("button", {type: "button", onclick: () => {
    sorted = {column: "label", down: sorted.column === "label" && !sorted.down};
    draw();
  }}, "optimizer"));

  function cell(column, label) {
    if (column.problem === undefined) {
      return h("td", {class: "number"}, column.shown ? column.shown(label) : shown(column.value(label), column.digits));
    }
    const n = rowOf.get(`${column.problem} ${label}`);
    if (n === undefined) return h("td", {class: "number none", title: "was not run"}, "·");
    const group = groups.get(column.problem);
    const share = (final.rank[n] - 1) / (rivals[column.problem] - 1);
    const heat = final.rank[n] === null ? "" : ` heat${Math.round(share * 5)}`; // who has a rank has a rival
    const won = contested(group) && group.group.includes(label) ? " won" : "";
    const text = show === "rank" ? shown(final.rank[n]) : show === "spread" ? spread(n)
      : `${shown(final.median[n])}${final.best_in_problem[n] ? " ★" : ""}`;
    const lost = final.median[n] === null && final.failed[n] ? "failed" : text;
    return h("td", {class: `number${heat}${won}${final.provisional[n] ? " so-far" : ""}`, title: explained(n, group)},
      lost, final.median[n] !== null && final.failed[n] ? h("sup", {}, `${final.failed[n]}✗`) : null);
  }

  function draw() {
    const column = columns.find((each) => each.key === sorted.column);
    const order = labels.map((_, label) => label);
    const value = (label) => (column ? column.value(label) : labels[label]);
    const compare = (one, other) => (column ? one - other : one.localeCompare(other));
    order.sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      if (a === null || b === null) return (a === null) - (b === null) || one - other; // nothing comes last either way
      return (sorted.down ? -1 : 1) * compare(a, b) || one - other;
    });
    [first, ...heads].forEach((head, n) => {
      const own = n ? columns[n - 1].key === sorted.column : sorted.column === "label";
      if (own) head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    body.replaceChildren(...order.map((label) => h("tr", {"data-row": label},
      h("th", {scope: "row", title: labels[label]}, swatch(label), name(labels[label])),
      columns.map((each) => cell(each, label)))));
  }

  draw();
  const over = groups.get(null);
  const words = [...groups.values()].filter((each) => each.problem !== null).map((each) => [
    name(problems[each.problem]), name(each.words), each.labels, each.n,
    each.next_p === null ? "–" : each.next_p.toPrecision(2)]);
  const long = labels.some((text) => text.length > 20) ? " long" : "";
  const signs = ["wins: problems on which its median is lower than all others", "bold: in the winner group",
    "★ lowest median", "darker: better rank", "✗ failed runs, left out", "italics: so far", "·: was not run"];
  return [
    over ? h("p", {class: "lead"},
      "Over all problems: ", h("strong", {}, name(over.words)), ` (n = ${over.n} pairs of runs).`) : null,
    h("div", {class: "controls"}, choice("show", [["median", "median"], ["spread", "median [quartiles]"], ["rank", "rank"]],
      show, (value) => { show = value; draw(); })),
    h("div", {class: `scroll matrix${long}`, tabindex: 0, role: "region", "aria-label": "optimizers by problems"},
      h("table", {}, h("thead", {}, h("tr", {}, first, heads)), body)),
    h("p", {class: "hint"}, signs.join(" · ")),
    words.length ? h("details", {}, h("summary", {}, "Who wins on each problem"),
      table(["problem", "winners", "of", "n", "p of the next"], words, {left: 2, caption: "who wins"})) : null,
  ];
}

function curves(found) {
  const lines = found.problems.map((each) => each.lines.map((line) => {
    let at = 0;
    return {...line, x: line.at.map((step) => each.grid[(at += step)])};
  }));
  const scales = {x: true, y: true, band: labels.length <= 8};
  const view = (problem, mini) => ({
    lines: visible(lines[problem]), title: `${problems[problem]}: ${protocol.problems[problem].measure}`,
    xTitle: protocol.problems[problem].axis, yTitle: protocol.problems[problem].measure, xLog: scales.x, yLog: scales.y,
    band: scales.band && !mini, marks: found.problems[problem].marks, mini,
    nothing: lines[problem].length ? "all lines are hidden" : "no run has a value",
  });
  const chart = new Chart(() => view(chosen, false));
  const details = h("div");
  const title = h("h3", {"aria-live": "polite"});
  const minis = problems.map((text, problem) => h("button", {type: "button", class: "mini", "data-problem": problem,
    onclick: () => { choose(problem); title.scrollIntoView({block: "nearest"}); }},
  h("span", {class: "frame"}), name(text)));

  function sketch() {
    minis.forEach((mini, problem) => mini.firstChild.replaceChildren(drawn(view(problem, true), 180, 100).svg));
  }

  onProblem.push((problem) => {
    minis.forEach((mini, n) => mini.setAttribute("aria-current", String(n === problem)));
    title.replaceChildren(name(problems[problem]));
    details.replaceChildren(finals(problem));
    chart.draw(true);
  });

  const redraw = () => { chart.draw(true); sketch(); };
  watchers.push(sketch);
  sketch();
  return [
    h("div", {class: "controls"}, picker(),
      toggle("log x", scales.x, (on) => { scales.x = on; redraw(); }),
      toggle("log y", scales.y, (on) => { scales.y = on; redraw(); }),
      toggle("quartiles", scales.band, (on) => { scales.band = on; redraw(); })),
    title, chart.node, legend(), details,
    problems.length > 1 ? h("div", {class: "minis", role: "group", "aria-label": "all problems"}, minis) : null,
  ];
}

// All columns of one problem, the best first.
function finals(problem) {
  const rows = final.problem.map((own, n) => [own, n]).filter(([own]) => own === problem).map(([, n]) => n);
  rows.sort((one, other) => (final.provisional[one] - final.provisional[other])
    || (final.median[one] === null) - (final.median[other] === null) || final.median[one] - final.median[other]);
  const best = rows.some((n) => final.found[n]);
  const noted = rows.some((n) => final.note[n]);
  const group = groups.get(problem);
  const about = protocol.problems[problem];
  const cells = rows.map((n) => [
    h("span", {class: contested(group) && group.group.includes(final.label[n]) ? "won" : ""},
      swatch(final.label[n]), name(labels[final.label[n]])),
    h("span", {class: final.provisional[n] ? "so-far" : ""}, spread(n)), shown(final.mean[n]),
    ...(best ? [final.found[n] === null ? "–" : percent(final.found[n])] : []),
    `${final.finished[n]}/${final.runs[n]}`, final.trials[n] === null ? "–" : brief(final.trials[n]),
    percent(final.spent[n]), shown(final.optimizer_ms[n]),
    ...(noted ? [h("div", {class: "note"}, name(final.note[n] || ""))] : []),
  ]);
  const heads = ["optimizer", `${about.measure}, median [quartiles]`, "mean", ...(best ? ["P(best)"] : []), "runs",
    "trials", "spent", "ask + tell (ms)", ...(noted ? ["note"] : [])];
  const unit = about.fidelity ? `${about.unit} (${about.fidelity})` : about.unit;
  const budget = `budget ${about.budget} ${unit}, ${plural(about.repetitions, "repetition")}`;
  return table(heads, cells, {caption: `${problems[problem]}: ${budget}`});
}
