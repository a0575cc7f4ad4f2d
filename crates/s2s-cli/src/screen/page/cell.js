// The cell of a structure: its edges and its atoms, turned by dragging or with the arrow keys.

const COLORS = ["#56b4e9", "#e69f00", "#2fb98a", "#f0e442", "#cc79a7", "#e2733a", "#9db4d6", "#b8c46a", "#d9a6a0", "#a3a3a3"];

/** Blue for atoms that lower the score, red for those that raise it. */
function diverging(share) {
  const [from, to] = share < 0 ? [[240, 240, 240], [33, 102, 172]] : [[240, 240, 240], [203, 65, 60]];
  const t = Math.min(1, Math.abs(share));
  return `rgb(${from.map((value, k) => Math.round(value + t * (to[k] - value))).join(" ")})`;
}

/** Atoms of the cell, and their images on its faces: kind, position in Å, number of the atom. */
function shownAtoms(cell) {
  const near = 0.02;
  const atoms = [];
  cell.atoms.forEach(([kind, ...raw], number) => {
    const inside = raw.map((value) => value - Math.floor(value + near));
    const shifts = inside.map((value) => (Math.abs(value) <= near ? [0, 1] : [0]));
    for (const i of shifts[0]) for (const j of shifts[1]) for (const k of shifts[2]) {
      atoms.push({ kind, number, at: cartesian(cell.lattice, [inside[0] + i, inside[1] + j, inside[2] + k]) });
    }
  });
  return atoms;
}

const cartesian = (lattice, frac) => [0, 1, 2].map((axis) => frac.reduce((sum, value, row) => sum + value * lattice[row][axis], 0));

/** Edges of the cell in short pieces, so that each piece is hidden or not. */
function edges(lattice) {
  const pieces = [];
  for (let axis = 0; axis < 3; axis += 1) for (const u of [0, 1]) for (const v of [0, 1]) {
    const [second, third] = [0, 1, 2].filter((other) => other !== axis);
    const place = (t) => {
      const frac = [0, 0, 0];
      [frac[axis], frac[second], frac[third]] = [t, u, v];
      return cartesian(lattice, frac);
    };
    for (let k = 0; k < 8; k += 1) pieces.push([place(k / 8), place((k + 1) / 8)]);
  }
  return pieces;
}

/** Draws a cell; returns what is put on the page. */
function drawCell(cell, name) {
  const atoms = shownAtoms(cell);
  const pieces = edges(cell.lattice);
  const center = cartesian(cell.lattice, [0.5, 0.5, 0.5]);
  const corners = pieces.flat();
  const radius = (kind) => 0.45 * (cell.kinds[kind].radius ?? 1.5);
  const reach = Math.max(...corners.map((at) => Math.hypot(...at.map((value, k) => value - center[k]))), 1) + 1.4;
  const size = 400;
  const zoom = size / (2 * reach);
  const largest = cell.contributions ? Math.max(...cell.contributions.map(Math.abs), 1e-12) : 0;
  let byContribution = Boolean(cell.contributions);
  let rotation = turned(turned([[1, 0, 0], [0, 1, 0], [0, 0, 1]], 2, -0.5), 0, -1.25);

  const label = `Cell of ${name}: ${cell.atoms.length} atoms. Arrow keys turn it, 0 resets.`;
  const picture = svg("svg", { class: "cell", viewBox: `0 0 ${size} ${size}`, role: "img", tabindex: "0", "aria-label": label });
  const draw = () => {
    const seen = (at) => { const r = at.map((value, k) => value - center[k]); return rotation.map((row) => row.reduce((sum, value, k) => sum + value * r[k], 0)); };
    const place = ([px, py]) => [(size / 2 + zoom * px).toFixed(1), (size / 2 - zoom * py).toFixed(1)];
    const things = [];
    for (const [from, to] of pieces) {
      const [a, b] = [seen(from), seen(to)];
      const [[x1, y1], [x2, y2]] = [place(a), place(b)];
      // Behind the atoms at their ends, whose names would be crossed out.
      things.push([(a[2] + b[2]) / 2 - 0.8, [svg("line", { x1, y1, x2, y2 })]]);
    }
    for (const atom of atoms) {
      const at = seen(atom.at);
      const [cx, cy] = place(at);
      const r = zoom * radius(atom.kind);
      const fill = byContribution ? diverging(cell.contributions[atom.number] / largest) : COLORS[atom.kind % COLORS.length];
      const text = cell.kinds[atom.kind].name + (cell.contributions ? ` ${signed(cell.contributions[atom.number])}` : "");
      const circle = svg("circle", { cx, cy, r: r.toFixed(1), fill }, svg("title", {}, `atom ${atom.number + 1}: ${text}`));
      const parts = [circle];
      if (r > 9 && cell.kinds[atom.kind].name.length < 3) parts.push(svg("text", { class: "on", x: cx, y: cy }, cell.kinds[atom.kind].name));
      things.push([at[2], parts]);
    }
    ["a", "b", "c"].forEach((axis, k) => {
      const length = Math.hypot(...cell.lattice[k]);
      const at = seen(cell.lattice[k].map((value) => (value * (length + 1.1)) / length));
      const [x, y] = place(at);
      things.push([at[2] + reach, [svg("text", { x, y }, axis)]]);
    });
    things.sort((one, other) => one[0] - other[0]);
    picture.replaceChildren(...things.flatMap((thing) => thing[1]));
  };
  const turn = (axis, angle) => { rotation = turned(rotation, axis, angle); draw(); };
  const start = rotation;
  picture.addEventListener("keydown", (event) => {
    const turns = { ArrowLeft: [1, -0.15], ArrowRight: [1, 0.15], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] }[event.key];
    if (turns) turn(...turns);
    else if (event.key === "0") { rotation = start; draw(); }
    else return;
    event.preventDefault();
  });
  let last = null;
  picture.addEventListener("pointerdown", (event) => { last = [event.clientX, event.clientY]; picture.setPointerCapture(event.pointerId); });
  picture.addEventListener("pointermove", (event) => {
    if (!last) return;
    const moved = [event.clientX - last[0], event.clientY - last[1]];
    last = [event.clientX, event.clientY];
    rotation = turned(turned(rotation, 1, moved[0] * 0.01), 0, moved[1] * 0.01);
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) picture.addEventListener(end, () => { last = null; });
  draw();

  const key = node("p", {});
  const fillKey = () => {
    const kinds = cell.kinds.map((kind, k) => node("span", { class: "keyed" }, swatch(COLORS[k % COLORS.length]), kind.name));
    const bar = node("span", { class: "scale", style: `background: linear-gradient(to right, ${diverging(-1)}, ${diverging(0)}, ${diverging(1)})` });
    key.replaceChildren(...(byContribution ? [node("span", { class: "keyed" }, signed(-largest), bar, signed(largest), " logit")] : kinds));
  };
  fillKey();
  const parts = [picture, key];
  if (cell.contributions) {
    const choose = node("button", { type: "button" }, "Color by element");
    choose.addEventListener("click", () => {
      byContribution = !byContribution;
      choose.textContent = byContribution ? "Color by element" : "Color by contribution";
      fillKey();
      draw();
    });
    parts.push(choose);
  }
  return parts;
}

/** A rotation followed by one about a screen axis: 0 horizontal, 1 vertical, 2 towards the viewer. */
function turned(rotation, axis, angle) {
  const [i, j] = [[1, 2], [2, 0], [0, 1]][axis];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const rows = rotation.map((row) => row.slice());
  rows[i] = rotation[i].map((value, k) => cos * value - sin * rotation[j][k]);
  rows[j] = rotation[i].map((value, k) => sin * value + cos * rotation[j][k]);
  return rows;
}

function swatch(color) {
  const spot = node("span", { class: "swatch", "aria-hidden": "true" });
  spot.style.background = color;
  return spot;
}
