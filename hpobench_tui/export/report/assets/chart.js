// Step functions with bands on an SVG of its container's width; a pointer or the arrow keys read values off.
const DASHES = [null, "7 3", "2 2.5", "9 3 2 3", "4 2", "11 3 2 2 2 3"];
const COLOURS = 7;
const look = (label) => ({
  class: `line c${label % COLOURS}`, "stroke-dasharray": DASHES[label % DASHES.length],
  "stroke-width": label < COLOURS * DASHES.length ? 1.8 : 3,
});
const LISTED = 14;

// What is wide enough for its letters at the page's usual size grows with them.
const unit = () => Math.max(1, parseFloat(getComputedStyle(document.documentElement).fontSize) / 15);

// Halves, so that no difference of two floats overflows.
function scale(low, high, from, to, log) {
  const bend = (value) => (log ? Math.log10(value) : value / 2);
  const [bottom, span] = [bend(low), bend(high) - bend(low) || 1];
  const at = (value) => {
    const share = log && !(value > 0) ? -9 : (bend(value) - bottom) / span;
    return from + Math.max(-9, Math.min(9, share)) * (to - from);
  };
  const back = (pixel) => {
    const place = bottom + ((pixel - from) / (to - from)) * span;
    return log ? 10 ** place : place * 2;
  };
  return {at, back, low, high, log};
}

function ticks({low, high, log}, most) {
  if (log) {
    const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    const step = Math.max(1, Math.ceil((last - first + 1) / most));
    const found = [];
    for (let power = first; power <= last; power += step) found.push(10 ** power);
    if (found.length > 2 || last - first > 2) return found;
    const fine = [];
    for (let power = first - 1; power <= last; power++) {
      for (const digit of [1, 2, 5]) fine.push(digit * 10 ** power);
    }
    const inside = fine.filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
    if (inside.length > 1) return inside;
  }
  const raw = (high / 2 - low / 2) / (most / 2) || Math.abs(high) || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((each) => each >= raw * (1 - 1e-9)) || 10 * power;
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n <= high / step + 1e-9 && found.length < 50; n++) found.push(n * step);
  return found;
}

function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value === null) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

// Where the step function stands at x: the place of its last point at or before it; -1 before all.
function place(xs, x) {
  let [low, high] = [0, xs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

// view: {lines: [{label, x, y, low, high, n}], title, xTitle, yTitle, xLog, yLog, band, yDomain, down, marks, mini}
function drawn(view, width, height) {
  const lines = view.lines.filter((line) => line.x.length);
  const svg = s("svg", {viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": view.title});
  if (!lines.length) {
    svg.append(s("text", {x: width / 2, y: height / 2, class: "tick middle"}, view.nothing || "nothing to draw"));
    return {svg};
  }
  const edge = view.mini ? {left: 6, right: 6, top: 4, bottom: 4}
    : {left: 62 * unit(), right: 14, top: 10, bottom: 42 * unit()};
  const shownX = lines.flatMap((line) => [line.x[0], line.x[line.x.length - 1]]);
  const [left, right] = extent(shownX);
  const medians = lines.flatMap((line) => line.y);
  const all = view.band ? lines.flatMap((line) => [...line.y, ...(line.low || []), ...(line.high || [])]) : medians;
  const xLog = Boolean(view.xLog) && left > 0 && right > left;
  const positive = extent(all.filter((value) => value > 0));
  const yLog = Boolean(view.yLog) && !view.yDomain && positive[0] !== Infinity && extent(medians)[1] > 0;
  let [low, high] = view.yDomain || (yLog ? positive : extent(all));
  if (!view.yDomain) {
    const room = yLog ? Math.max((high / low) ** 0.04, 1.02) : (high / 2 - low / 2) * 0.08 || Math.abs(high) * 0.05 || 1;
    [low, high] = yLog ? [Math.max(low / room, 5e-324), Math.min(high * room, Number.MAX_VALUE)]
      : [Math.max(low - room, -Number.MAX_VALUE), Math.min(high + room, Number.MAX_VALUE)];
  }
  const beyond = xLog ? Math.min(right * (right / left) ** 0.015, Number.MAX_VALUE) : right + (right - left || 1) * 0.015;
  const x = scale(left, beyond, edge.left, width - edge.right, xLog);
  const ends = view.down ? [edge.top, height - edge.bottom] : [height - edge.bottom, edge.top];
  const y = scale(low, high, ends[0], ends[1], yLog);
  const clip = `clip${drawn.number = (drawn.number || 0) + 1}`;
  svg.append(s("clipPath", {id: clip}, s("rect", {
    x: edge.left, y: edge.top - 2, width: Math.max(width - edge.left - edge.right, 1),
    height: Math.max(height - edge.top - edge.bottom + 4, 1)})));
  if (!view.mini) axes(svg, view, x, y, edge, width, height);
  const inside = s("g", {"clip-path": `url(#${clip})`});
  for (const [text, value] of view.marks || []) {
    if (!(value > low && value < high)) continue;
    inside.append(s("line", {class: "mark", x1: edge.left, x2: width, y1: y.at(value), y2: y.at(value)}));
    if (!view.mini) inside.append(s("text", {class: "tick", x: edge.left + 4, y: y.at(value) - 3}, text));
  }
  if (view.band) {
    for (const line of lines.filter((each) => each.low)) {
      const back = steps(line.x, line.low, x, y, right).reverse().map((point) => point.join(" "));
      const path = `M${[...steps(line.x, line.high, x, y, right).map((point) => point.join(" ")), ...back].join("L")}Z`;
      inside.append(s("path", {class: `band c${line.label % COLOURS}`, d: path, "data-label": line.label}));
    }
  }
  for (const line of lines) {
    const points = steps(line.x, line.y, x, y, line.x[line.x.length - 1]);
    if (!points.length) continue;
    const end = points[points.length - 1];
    inside.append(s("path", {...look(line.label), d: `M${points.map((point) => point.join(" ")).join("L")}`,
      "data-label": line.label}));
    inside.append(s("circle", {class: `dot c${line.label % COLOURS}`, cx: end[0], cy: end[1],
      r: view.mini ? 1.6 : 2.6, "data-label": line.label}));
  }
  svg.append(inside);
  return {svg, x, y, xLog, yLog, edge, lines};
}

function steps(xs, ys, x, y, end) {
  const points = [];
  let before = null;
  const round = (pixel) => Math.round(pixel * 10) / 10;
  xs.forEach((value, n) => {
    if (ys[n] === null) return;
    const [across, down] = [round(x.at(value)), round(y.at(ys[n]))];
    if (before !== null) points.push([across, before]);
    points.push([across, down]);
    before = down;
  });
  if (before !== null) points.push([round(x.at(end)), before]);
  return points;
}

function axes(svg, view, x, y, edge, width, height) {
  const bottom = height - edge.bottom;
  for (const value of ticks(x, Math.max(2, Math.floor(width / (110 * unit()))))) {
    const at = x.at(value);
    svg.append(s("line", {class: "grid", x1: at, x2: at, y1: edge.top, y2: bottom}),
      s("text", {class: "tick middle", x: at, y: bottom + 15 * unit()}, brief(value)));
  }
  for (const value of ticks(y, Math.max(2, Math.floor(height / (55 * unit()))))) {
    const at = y.at(value);
    svg.append(s("line", {class: "grid", x1: edge.left, x2: width - edge.right, y1: at, y2: at}),
      s("text", {class: "tick end", x: edge.left - 6, y: at + 4}, brief(value)));
  }
  const middle = (edge.top + bottom) / 2;
  svg.append(s("text", {class: "axis middle", x: (edge.left + width) / 2, y: height - 6 * unit()}, view.xTitle),
    s("text", {class: "axis middle", transform: `translate(${13 * unit()} ${middle}) rotate(-90)`}, view.yTitle));
}

// A chart that redraws itself: on a change of what is shown, and of its width.
class Chart {
  constructor(view, ratio = 0.42) {
    [this.view, this.ratio] = [view, ratio];
    this.tip = h("div", {class: "tip", hidden: true, "aria-live": "polite"});
    this.frame = h("div", {class: "frame"});
    this.node = h("div", {class: "chart", tabindex: 0, role: "group",
      "aria-label": "chart; arrow keys read values off",
      onpointermove: (event) => this.point(event), onpointerdown: (event) => this.point(event),
      onpointerleave: () => this.leave(), onblur: () => this.leave(), onkeydown: (event) => this.key(event),
    }, this.frame, this.tip);
    new ResizeObserver(() => this.draw()).observe(this.frame);
    everyChart.push(this);
  }

  draw(force = false) {
    const width = Math.round(this.frame.clientWidth);
    if (!width || (!force && width === this.width)) return;
    this.width = width;
    const height = Math.round(Math.min(Math.max(width * this.ratio, 240), 620 * unit()));
    this.found = drawn(this.view(), width, height);
    this.cursor = s("line", {class: "cursor", y1: 0, y2: height, visibility: "hidden"});
    this.found.svg.append(this.cursor);
    this.frame.replaceChildren(this.found.svg);
    this.leave();
  }

  leave() {
    this.tip.hidden = true;
    this.cursor?.setAttribute("visibility", "hidden");
    this.reading = null;
  }

  point(event) {
    if (!this.found?.x) return;
    const box = this.found.svg.getBoundingClientRect();
    const factor = this.width / box.width;
    this.read(this.found.x.back((event.clientX - box.left) * factor), (event.clientY - box.top) * factor);
  }

  key(event) {
    if (event.key === "Escape") return this.leave();
    if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key) || !this.found?.x) return undefined;
    event.preventDefault();
    const every = [...new Set(this.found.lines.flatMap((line) => line.x))].sort((one, other) => one - other);
    const now = this.reading === null || this.reading === undefined ? -1 : place(every, this.reading);
    const last = every.length - 1;
    const before = every[now] === this.reading ? now - 1 : now;
    const next = {ArrowLeft: before, ArrowRight: now + 1, Home: 0, End: last};
    this.read(every[Math.max(0, Math.min(last, next[event.key]))], null);
    return undefined;
  }

  read(at, height) {
    const {x, y, lines, edge} = this.found;
    at = Math.min(Math.max(at, x.low), x.high);
    this.reading = at;
    const across = x.at(at);
    for (const end of ["x1", "x2"]) this.cursor.setAttribute(end, across);
    this.cursor.setAttribute("visibility", "visible");
    const here = lines.map((line) => [line, place(line.x, at)]).filter(([line, n]) => n >= 0 && line.y[n] !== null);
    const order = this.view().down || !this.view().best ? 1 : -1;
    here.sort(([one, n], [other, m]) => order * (one.y[n] - other.y[m] || 0));
    let listed = here;
    if (here.length > LISTED) {
      const from = height === null ? 0 : here.reduce((found, [line, n], k) =>
        (Math.abs(y.at(line.y[n]) - height) < Math.abs(y.at(here[found][0].y[here[found][1]]) - height) ? k : found), 0);
      const first = Math.max(0, Math.min(from - (LISTED >> 1), here.length - LISTED));
      listed = here.slice(first, first + LISTED);
    }
    const row = ([line, n]) => h("tr", {}, h("td", {}, swatch(line.label)), h("td", {}, name(labels[line.label])),
      h("td", {class: "number"}, shown(line.y[n], 4)),
      h("td", {class: "number"}, line.low ? `[${shown(line.low[n])}, ${shown(line.high[n])}]` : ""));
    const more = here.length - listed.length;
    this.tip.replaceChildren(h("div", {class: "at"}, `${this.view().xTitle}: ${shown(at, 4)}`),
      h("table", {}, h("tbody", {}, listed.map(row))),
      here.length ? (more ? h("div", {}, `and ${more} more`) : "") : h("div", {}, "no line has begun here"));
    this.tip.hidden = false;
    const room = this.node.clientWidth;
    const factor = room / this.width;
    const left = across * factor + 14;
    const wide = this.tip.offsetWidth;
    const start = left + wide <= room ? left : Math.min(across * factor - wide - 14, room - wide);
    this.tip.style.left = `${Math.max(0, start)}px`;
    this.tip.style.top = `${edge.top}px`;
  }
}

const everyChart = [];
const swatch = (label) => s("svg", {class: "swatch", viewBox: "0 0 30 10", width: 30, height: 10, "aria-hidden": "true"},
  s("line", {...look(label), x1: 1, x2: 29, y1: 5, y2: 5}));
