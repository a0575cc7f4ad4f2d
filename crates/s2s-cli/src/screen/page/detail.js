// The dialog of one structure: numbers, drawing, contributions, diagnostics, nearest known materials.

function showDetail(position) {
  const dialog = byId("detail");
  const hit = chosen[position];
  const close = node("button", { type: "button" }, "Close");
  close.addEventListener("click", () => dialog.close());
  const step = (by, text) => {
    const button = node("button", { type: "button" }, text);
    button.disabled = !chosen[position + by];
    button.addEventListener("click", () => showDetail(position + by));
    return button;
  };
  const head = node("div", { class: "head" },
    node("h2", { id: "detail-title" }, `${hit.rank}. ${hit.formula}`),
    node("div", {}, step(-1, "Previous"), " ", step(1, "Next"), " ", close));
  const numbers = node("dl", {});
  const fact = (name, value) => { if (value) numbers.append(node("dt", {}, name), node("dd", {}, ...[value].flat())); };
  fact("file", placeOf(hit));
  for (const column of COLUMNS) if (column.number && column.key !== "rank") fact(column.title, column.text(hit));
  fact("in the training data", { true: "yes: the answer is recalled rather than predicted", false: "no" }[hit.in_training]);
  fact("known", userText(hit.known ?? ""));
  fact("answered from", hit.basis === "composition" ? "the composition" : `the structure, ${hit.atoms} atoms`);

  const right = node("div", {}, numbers, ...list("Warnings", hit.warnings), ...diagnostics(hit.diagnostics), ...nearest(hit));
  dialog.replaceChildren(head, node("div", { class: "columns" }, node("div", {}, ...structure(hit)), right));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  close.focus();
  focusRow(position, false);
}

/** The file and what within it. */
const placeOf = ({ path, id }) => userText(!path || id.startsWith(path) ? id : path.endsWith(id) ? path : `${path}: ${id}`);

function structure(hit) {
  const cell = hit.cell;
  if (!cell) {
    if (hit.basis === "composition") return [node("p", { class: "quiet" }, "There is a composition and no structure to draw.")];
    if (hit.atoms > DATA.most_atoms_drawn) return [node("p", { class: "quiet" }, `Cells of more than ${DATA.most_atoms_drawn} atoms are not drawn; this one has ${hit.atoms}.`)];
    return [node("p", { class: "quiet" }, "An earlier run answered for this structure, and answers hold no cells: without --answers it is drawn.")];
  }
  const lengths = cell.lattice.map((row) => Math.hypot(...row));
  const dot = (u, v) => u.reduce((sum, value, k) => sum + value * v[k], 0);
  const angle = (i, j) => (Math.acos(dot(cell.lattice[i], cell.lattice[j]) / (lengths[i] * lengths[j])) * 180) / Math.PI;
  const cellText = `a, b, c = ${lengths.map((length) => length.toFixed(2)).join(", ")} Å; α, β, γ = ${[[1, 2], [0, 2], [0, 1]].map(([i, j]) => angle(i, j).toFixed(1)).join(", ")}°`;
  const parts = [...drawCell(cell, hit.formula), node("p", { class: "quiet" }, `${cellText}. Drag, or focus and use the arrow keys, to turn; 0 resets. Atoms on faces are drawn on both.`)];
  return parts.concat(contributions(cell));
}

/** What atoms contribute to the answer of the network, summed over each element, or why nothing is known of it. */
function contributions(cell) {
  const heading = node("h3", {}, "Contributions of atoms");
  if (!cell.contributions) {
    return [heading, node("p", { class: "quiet" }, "There is no network among the models, and trees see the crystal as a whole, not atom by atom.")];
  }
  const totals = new Map();
  cell.atoms.forEach(([kind], number) => {
    const name = cell.kinds[kind].name;
    const [count, sum] = totals.get(name) ?? [0, 0];
    totals.set(name, [count + 1, sum + cell.contributions[number]]);
  });
  const rows = [...totals].sort((one, other) => other[1][1] - one[1][1]);
  const table = node("dl", {});
  for (const [name, [count, sum]] of rows) table.append(node("dt", {}, `${name} × ${count}`), node("dd", {}, signed(sum)));
  const meaning = `Total of each element, in units of the logit of ${DATA.contributed}: by how much it would change if an atom were left out where the network sums up the atoms. The numbers need not add up to the logit.`;
  return [heading, table, node("p", { class: "quiet" }, meaning)];
}

function list(name, sentences) {
  if (!sentences.length) return [];
  return [node("h3", {}, name), node("ul", {}, ...sentences.map((sentence) => node("li", {}, userText(sentence))))];
}

function diagnostics(found) {
  if (!found.length) return [];
  return list("Diagnostics of the reader", found.map((one) => {
    const place = [one.line && `line ${one.line}`, one.column && `column ${one.column}`].filter(Boolean).join(", ");
    return `${place ? `${place}: ` : ""}${one.severity}: ${one.message}`;
  }));
}

function nearest(hit) {
  if (!hit.nearest_materials.length) return [];
  const items = hit.nearest_materials.map((known) => node("li", {}, `${known.formula}, ${known.tc_k === null ? "Tc not known" : `${known.tc_k} K`}, distance ${known.distance.toFixed(1)}`));
  return [node("h3", {}, "Nearest known superconductors"), node("ol", {}, ...items), node("p", { class: "quiet" }, "Composition distance on Pettifor's scale; 0 is the same composition.")];
}
