// The table: columns, filters, sorting, and the keys that move in it.

const PIECE = 200;
let chosen = [];
let drawn = 0;
let current = 0;
let order = { key: "rank", down: false };

const number = (key, name, digits) => ({
  key, title: name, number: true, value: (hit) => hit[key], text: (hit) => (typeof hit[key] === "number" ? hit[key].toFixed(digits) : ""),
});
const ALL_COLUMNS = [
  { key: "rank", title: "rank", number: true, value: (hit) => hit.rank, text: (hit) => String(hit.rank) },
  { key: "formula", title: "formula", value: (hit) => hit.formula, text: (hit) => hit.formula, always: true },
  { key: "file", title: "file", value: (hit) => hit.file, text: (hit) => hit.file },
  number("p_measured", "p_measured", 3),
  {
    ...number("tc_k", "Tc/K", 1),
    text: (hit) => (typeof hit.tc_k === "number" ? hit.tc_k.toFixed(1) + (typeof hit.tc_low_k === "number" ? ` [${hit.tc_low_k.toFixed(0)}, ${hit.tc_high_k.toFixed(0)}]` : "") : ""),
  },
  number("p_listed", "p_listed", 3),
  number("p_listed_network", "p_listed_network", 3),
  number("value", "value", 4),
  number("std", "std", 3),
  {
    key: "nearest", title: "nearest known", value: (hit) => hit.distance, text: (hit) => (hit.nearest ? `${hit.nearest}${typeof hit.nearest_tc_k === "number" ? ` ${hit.nearest_tc_k.toFixed(1)} K` : ""} (${hit.distance.toFixed(1)})` : ""),
  },
  { key: "known", title: "known", value: (hit) => hit.known, text: (hit) => hit.known ?? "" },
  { key: "remarks", title: "warnings", number: true, value: (hit) => remarks(hit), text: (hit) => (remarks(hit) ? String(remarks(hit)) : "") },
];
const remarks = (hit) => hit.warnings.length + hit.diagnostics.length;
let COLUMNS = [];

function chooseColumns() {
  COLUMNS = ALL_COLUMNS.filter((column) => column.always || DATA.ranking.some((hit) => column.text(hit) !== ""));
  const row = node("tr", { role: "row" });
  for (const column of COLUMNS) {
    const button = node("button", { type: "button", title: DATA.legend[column.title] ?? "" }, column.title);
    button.addEventListener("click", () => {
      order = { key: column.key, down: order.key === column.key ? !order.down : ranksHighFirst(column.key) };
      update();
    });
    row.append(node("th", { role: "columnheader", scope: "col", "data-key": column.key, class: column.number ? "number" : "" }, button));
    byId("sort").append(new Option(column.title, column.key));
  }
  byId("table").tHead.append(row);
}

const ranksHighFirst = (key) => !["rank", "formula", "file", "nearest", "known"].includes(key);
const elementsOf = (formula) => new Set(formula.match(/[A-Z][a-z]?/g) ?? []);

/** What the filters leave, in the chosen order; rows without a value come last. */
function select() {
  const words = byId("text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const asked = byId("elements").value.split(/[\s,]+/).filter(Boolean);
  const least = byId("least").value === "" ? null : Number(byId("least").value);
  const training = byId("training").value;
  const quiet = byId("quiet").checked;
  const passes = (hit) => {
    if (least !== null && !(hit[DATA.ranked_by] >= least)) return false;
    if (training && hit.in_training !== (training === "yes")) return false;
    if (quiet && remarks(hit)) return false;
    if (asked.length) {
      const there = elementsOf(hit.formula);
      if (!asked.every((symbol) => (symbol.startsWith("-") ? !there.has(symbol.slice(1)) : there.has(symbol)))) return false;
    }
    if (!words.length) return true;
    hit.searched ??= [hit.formula, hit.file, hit.path, hit.id, hit.nearest, hit.known, ...hit.warnings, ...hit.diagnostics.map((one) => one.message)].join(" ").toLowerCase();
    return words.every((word) => hit.searched.includes(word));
  };
  const column = ALL_COLUMNS.find((candidate) => candidate.key === order.key);
  const sign = order.down ? -1 : 1;
  const compare = (one, other) => {
    const [a, b] = [column.value(one) ?? null, column.value(other) ?? null];
    if (a === null || b === null) return (a === null) - (b === null) || one.rank - other.rank;
    return sign * (typeof a === "string" ? a.localeCompare(b) : a - b) || one.rank - other.rank;
  };
  chosen = DATA.ranking.filter(passes).sort(compare);
}

function update() {
  select();
  current = 0;
  drawn = 0;
  byId("table").tBodies[0].replaceChildren();
  drawMore();
  const all = DATA.ranking.length;
  byId("count").textContent = chosen.length === all ? `${all} ranked` : `${chosen.length} of ${all} shown`;
  for (const head of byId("table").tHead.rows[0].cells) {
    if (head.dataset.key === order.key) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
  byId("sort").value = order.key;
  drawCharts();
}

function drawMore() {
  const rows = [];
  for (const end = Math.min(chosen.length, drawn + PIECE); drawn < end; drawn += 1) rows.push(rowOf(chosen[drawn], drawn));
  byId("table").tBodies[0].append(...rows);
  const more = byId("more");
  more.hidden = drawn >= chosen.length;
  more.textContent = `Show ${Math.min(PIECE, chosen.length - drawn)} more of ${chosen.length}`;
}

function rowOf(hit, position) {
  const row = node("tr", { role: "row" });
  for (const column of COLUMNS) {
    const kind = { rank: "number rank", formula: "name", file: "file" }[column.key] ?? (column.number ? "number" : "");
    const cell = node("td", { role: "cell", class: kind });
    if (!["formula", "file"].includes(column.key)) cell.dataset.title = column.title;
    const text = column.text(hit);
    if (column.key === "formula") {
      cell.append(node("button", { type: "button", class: "open", "aria-haspopup": "dialog", tabindex: position === current ? "0" : "-1" }, text));
    } else if (text) {
      cell.append(["file", "known"].includes(column.key) ? userText(text) : text);
    }
    row.append(cell);
  }
  row.addEventListener("click", () => showDetail(position));
  return row;
}

/** Makes a row the one that Tab comes to. */
function focusRow(position, focus = true) {
  while (position >= drawn && drawn < chosen.length) drawMore();
  const rows = byId("table").tBodies[0].rows;
  const button = (row) => rows[row]?.querySelector(".open");
  if (!button(position)) return;
  button(current)?.setAttribute("tabindex", "-1");
  button(position).setAttribute("tabindex", "0");
  current = position;
  if (focus) button(position).focus();
}

function listenToTable() {
  for (const event of ["input", "change"]) byId("filters").addEventListener(event, (happened) => { if (happened.target.id !== "sort") update(); });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("sort").addEventListener("change", () => { const key = byId("sort").value; order = { key, down: ranksHighFirst(key) }; update(); });
  byId("more").addEventListener("click", () => { const first = drawn; drawMore(); focusRow(first); });
  byId("table").tBodies[0].addEventListener("keydown", (event) => {
    const last = chosen.length - 1;
    const here = event.target.closest("tr").sectionRowIndex;
    const target = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: last, PageDown: here + 20, PageUp: here - 20 }[event.key];
    if (target === undefined) return;
    focusRow(Math.max(0, Math.min(last, target)));
    event.preventDefault();
  });
  byId("detail").addEventListener("close", () => focusRow(current));
}
