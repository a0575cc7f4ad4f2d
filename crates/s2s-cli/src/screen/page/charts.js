// Charts: the distribution of the score that ranks, and reliability where labels are known.

const SPACE = { left: 52, right: 12, top: 12, bottom: 46, width: 460, height: 270 };

/** A chart with axes; x and y map numbers to pixels. */
function axes(label, [xLow, xHigh], yHigh, xTitle, yTitle, yText) {
  const { left, right, top, bottom, width, height } = SPACE;
  const x = (value) => left + ((value - xLow) / (xHigh - xLow)) * (width - left - right);
  const y = (value) => height - bottom - (value / yHigh) * (height - top - bottom);
  const chart = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
    const value = tick * yHigh;
    chart.append(svg("path", { class: "grid", d: `M${left} ${y(value)}H${width - right}` }));
    chart.append(svg("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, yText(value)));
    const place = xLow + tick * (xHigh - xLow);
    const anchor = tick === 1 ? "end" : "middle";
    chart.append(svg("text", { x: x(place) + (tick === 1 ? 4 : 0), y: height - bottom + 16, "text-anchor": anchor }, String(Number(place.toPrecision(3)))));
  }
  chart.append(svg("path", { class: "axis", d: `M${left} ${top}V${height - bottom}H${width - right}` }));
  chart.append(svg("text", { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, xTitle));
  chart.append(svg("text", { x: 0, y: 0, "text-anchor": "middle", transform: `translate(12 ${(top + height - bottom) / 2}) rotate(-90)` }, yTitle));
  return { chart, x, y };
}

/** How many structures have which score; those that the filters leave are drawn over all. */
function distribution(column, all, chosen) {
  const isProbability = column.startsWith("p_");
  const scores = all.map((hit) => hit[column]).filter((score) => score !== null && score !== undefined);
  if (!scores.length) return null;
  // Not Math.max(...scores): a hundred thousand arguments are too many.
  const extreme = (better) => scores.reduce((best, score) => (better(score, best) ? score : best));
  let [low, high] = isProbability ? [0, 1] : [Math.min(0, extreme((a, b) => a < b)), extreme((a, b) => a > b)];
  if (!(high > low)) high = low + 1;
  const bins = 20;
  const counts = (hits) => {
    const found = new Array(bins).fill(0);
    for (const hit of hits) {
      const score = hit[column];
      if (score !== null && score !== undefined) found[Math.min(bins - 1, Math.floor(((score - low) / (high - low)) * bins))] += 1;
    }
    return found;
  };
  const [before, after] = [counts(all), counts(chosen)];
  const most = Math.max(...before);
  const step = 10 ** Math.floor(Math.log10(Math.max(4, most)) - 0.3);
  const top = Math.max(4, Math.ceil(most / (4 * step)) * 4 * step);
  const label = `Distribution of ${column}: ${scores.length} values, ${before.map((n, k) => (n ? `${n} from ${(low + (k * (high - low)) / bins).toPrecision(2)}` : "")).filter(Boolean).join(", ")}`;
  const { chart, x, y } = axes(label, [low, high], top, title(column), "structures", (value) => String(value));
  for (const [counted, kind] of [[before, "all"], [after, "chosen"]]) {
    counted.forEach((n, k) => {
      const [from, to] = [x(low + (k * (high - low)) / bins), x(low + ((k + 1) * (high - low)) / bins)];
      if (n) chart.append(svg("rect", { class: kind, x: from + 1, y: y(n), width: to - from - 2, height: y(0) - y(n) }, svg("title", {}, `${n}`)));
    });
  }
  const rate = isProbability ? DATA.prior ?? DATA.base_rates[column] : null;
  if (rate) {
    chart.append(svg("path", { class: "reference", d: `M${x(rate)} ${y(0)}V${y(top)}` }));
    const anchor = rate > 0.6 ? "end" : "start";
    chart.append(svg("text", { x: x(rate) + (rate > 0.6 ? -5 : 5), y: y(top) + 10, "text-anchor": anchor }, `base rate ${percent(rate)}`));
  }
  const caption = `Distribution of ${title(column)}${chosen.length < all.length ? ": pale all, dark those that the filters leave" : ""}.`;
  return node("figure", {}, chart, node("figcaption", {}, caption));
}

/** Share of superconductors against the mean predicted probability, with 95 % intervals of Wilson. */
function reliability(column, hits) {
  const known = hits.filter((hit) => typeof hit.known_superconductor === "boolean" && typeof hit[column] === "number");
  if (known.length < 10) return null;
  const bins = Array.from({ length: 10 }, () => []);
  for (const hit of known) bins[Math.min(9, Math.floor(hit[column] * 10))].push(hit);
  const positives = known.filter((hit) => hit.known_superconductor).length;
  const label = `Reliability of ${column} on ${known.length} structures with known labels`;
  const { chart, x, y } = axes(label, [0, 1], 1, `${title(column)}, mean of the bin`, "share of superconductors", (value) => String(value));
  chart.append(svg("path", { class: "reference", d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}` }));
  const z = 1.96;
  for (const bin of bins.filter((bin) => bin.length)) {
    const n = bin.length;
    const mean = bin.reduce((sum, hit) => sum + hit[column], 0) / n;
    const hits = bin.filter((hit) => hit.known_superconductor).length;
    const share = hits / n;
    const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
    const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
    chart.append(svg("path", { class: "interval", d: `M${x(mean)} ${y(Math.max(0, middle - half))}V${y(Math.min(1, middle + half))}` }));
    chart.append(svg("circle", { class: "chosen", cx: x(mean), cy: y(share), r: 4 }, svg("title", {}, `${hits} of ${n} superconduct; mean ${mean.toFixed(2)}`)));
  }
  const seen = known.filter((hit) => hit.in_training).length;
  let caption = `Reliability of ${title(column)} on the ${known.length} structures whose label the input states (${percent(positives / known.length)} superconductors); bars: 95 % intervals; dashed: perfect calibration.`;
  if (seen) caption += ` ${seen} of their compositions are in the training data, so that this is no test.`;
  return node("figure", {}, chart, node("figcaption", {}, caption));
}
