// Targets and ranks along the budget, and critical differences.
function along(found, options) {
  const lines = found.rows.map((row) => ({...row, x: found.at}));
  const scales = {x: true, band: labels.length <= 5};
  const chart = new Chart(() => ({
    lines: visible(lines), xLog: scales.x, band: scales.band, xTitle: "part of the budget",
    nothing: "all lines are hidden", ...options,
  }));
  return [
    h("div", {class: "controls"}, toggle("log x", scales.x, (on) => { scales.x = on; chart.draw(true); }),
      toggle("intervals", scales.band, (on) => { scales.band = on; chart.draw(true); })),
    chart.node, legend(),
  ];
}

function targets(found) {
  const rows = [...found.rows].sort((one, other) => other.y[other.y.length - 1] - one.y[one.y.length - 1]);
  const marks = [1 / 8, 1 / 4, 1 / 2, 1].map((share) => found.at.findIndex((at) => Math.abs(at - share) < 1e-9));
  const cells = rows.map((row) => [name(labels[row.label]), row.problems,
    ...marks.map((n) => `${shown(row.y[n])} [${shown(row.low[n])}, ${shown(row.high[n])}]`),
    shown(row.aocc[0]), row.n, row.targets, row.failed, row.unfinished]);
  return [
    along(found, {title: "share of targets reached", yTitle: "share of targets", yDomain: [0, 1], best: true}),
    h("details", {}, h("summary", {}, "The same as a table"),
      table(["optimizer", "problems", "at 1/8", "at 1/4", "at 1/2", "at all", "AOCC", "runs", "targets", "failed",
        "unfinished"], cells, {caption: "share of targets reached within parts of the budget"})),
  ].flat();
}

function over_budget(found) {
  const most = Math.max(2, ...found.rows.flatMap((row) => row.high || row.y));
  return along(found, {title: "average rank", yTitle: "average rank (1 is best)", yDomain: [1, most], down: true});
}

function differences(found) {
  const frame = h("div", {class: "frame", tabindex: 0, role: "region", "aria-label": "critical differences"});
  const count = found.labels.length;
  const longest = Math.max(...found.labels.map((label) => labels[label].length));
  const draw = () => {
    const width = frame.clientWidth;
    if (!width) return;
    const [row, top, letter] = [22 * unit(), 62 * unit(), 7 * unit()];
    const text = Math.min((longest + 2) * letter, width * 0.45);
    const bars = Math.min(found.groups.length * 9 + 12, width * 0.3);
    const height = top + row * count + 8;
    const x = scale(1, Math.max(count, 2), text + 8, width - bars - 44 * unit(), false);
    const svg = s("svg", {viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
      "aria-label": "average ranks; bars join who is not shown to differ"});
    for (const value of ticks(x, Math.max(2, Math.floor((width - text - bars) / 60)))) {
      svg.append(s("line", {class: "grid", x1: x.at(value), x2: x.at(value), y1: top - 8, y2: height}),
        s("text", {class: "tick middle", x: x.at(value), y: top - 12}, brief(value)));
    }
    if (found.critical_difference !== null) {
      const end = Math.min(x.at(1 + found.critical_difference), x.at(Math.max(count, 2)));
      svg.append(s("path", {class: "bar", d: `M${x.at(1)} 8v8M${x.at(1)} 12H${end}M${end} 8v8`}),
        s("text", {class: "tick", x: x.at(1) + 4, y: 14 + 14 * unit()},
          `critical difference ${shown(found.critical_difference)}`));
    }
    found.labels.forEach((label, n) => {
      const at = top + row * n + row / 2;
      const fits = Math.max(3, Math.floor(text / letter) - 1);
      const title = labels[label].length > fits ? `${labels[label].slice(0, fits - 1)}…` : labels[label];
      svg.append(s("text", {class: "tick end name", x: text, y: at + 4}, title, s("title", {}, labels[label])),
        s("line", {class: "grid", x1: text + 8, x2: x.at(found.ranks[n]), y1: at, y2: at}),
        s("circle", {class: `dot c${label % COLOURS}`, cx: x.at(found.ranks[n]), cy: at, r: 4.5},
          s("title", {}, `${labels[label]}: ${shown(found.ranks[n])}`)),
        s("text", {class: "tick", x: x.at(found.ranks[n]) + 8, y: at + 4}, shown(found.ranks[n])));
    });
    found.groups.forEach((group, n) => {
      const across = width - bars + 4 + Math.min(9, (bars - 8) / found.groups.length) * n;
      const [low, high] = [Math.min(...group), Math.max(...group)];
      svg.append(s("line", {class: "bar", x1: across, x2: across, y1: top + row * low + 4, y2: top + row * (high + 1) - 4},
        s("title", {}, group.map((at) => labels[found.labels[at]]).join(", "))));
    });
    frame.replaceChildren(svg);
  };
  new ResizeObserver(draw).observe(frame);
  return [frame];
}
