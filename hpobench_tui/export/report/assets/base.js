// Elements, numbers and words. Texts of others become text nodes: nothing here reads them as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const {protocol, sections} = data;
const labels = protocol.labels.map((each) => each.name);
const problems = protocol.problems.map((each) => each.name);
const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
const name = (text) => h("bdi", {class: "name"}, text);
const broken = (text) => h("bdi", {class: "name"}, // lines end after such a sign, where they have to
  text.split(/(?<=[-/_.,[])/).map((part, n) => [n ? h("wbr") : null, part]));

// As tables of the program write them: so many significant digits, in full from 0.001 to 99999.
function shown(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const exponent = Number(value.toExponential(digits - 1).split("e")[1]);
  if (exponent < -3 || exponent > 4) return value.toExponential(digits - 1).replace("e+", "e");
  return value.toFixed(Math.max(digits - 1 - exponent, 0));
}

// The short way, for axes: 0.5, 20, 1e6.
function brief(value) {
  const text = String(Number(value.toPrecision(6)));
  return Math.abs(value) >= 1e5 ? value.toExponential().replace("e+", "e") : text;
}

const percent = (share) => (share > 0.99 && share < 1 ? "99 %" : `${Math.round(100 * share)} %`);
const whole = (n) => n.toLocaleString("en");
const plural = (n, what) => `${whole(n)} ${what}${n === 1 ? "" : "s"}`;

function table(heads, rows, options = {}) {
  const cell = (tag, content, place) =>
    h(tag, {class: place < (options.left ?? 1) ? "" : "number", scope: tag === "th" ? "col" : null}, content);
  return h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": options.caption || "table"},
    h("table", {},
      options.caption ? h("caption", {}, options.caption) : null,
      h("thead", {}, h("tr", {}, heads.map((head, place) => cell("th", head, place)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((content, place) => cell("td", content, place)))))));
}

// A section with its numbers, or the reason why there are none; what was done and how to read it below.
function section(id, draw) {
  const found = sections[id];
  const body = found.why === null ? draw(found) : [h("p", {class: "why"}, `Not here: ${found.why}`)];
  const notes = found.notes || [];
  const short = found.read.length < 420;
  return h("section", {id, "aria-labelledby": `${id}-title`},
    h("h2", {id: `${id}-title`}, found.title),
    short ? h("p", {class: "read"}, found.read) : null,
    body,
    notes.length ? h("ul", {class: "notes"}, notes.map((line) => h("li", {}, name(line)))) : null,
    h("details", {class: "how"}, h("summary", {}, `How this was computed${short ? "" : ", and how to read it"}`),
      h("p", {}, found.how), short ? null : h("p", {}, `How to read it: ${found.read}`)));
}

const choice = (title, options, chosen, change) =>
  h("label", {class: "choice"}, `${title} `,
    h("select", {onchange: (event) => change(event.target.value)},
      options.map(([value, text]) => h("option", {value, selected: value === chosen}, text))));

function toggle(title, state, change) {
  const button = h("button", {type: "button", class: "switch", "aria-pressed": String(state), onclick: () => {
    if (button.disabled) return;
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    change(button.getAttribute("aria-pressed") === "true");
  }}, title);
  return button;
}
