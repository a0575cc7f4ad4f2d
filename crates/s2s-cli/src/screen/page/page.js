// Starts the page: what the run says of itself, the charts, the table, and inputs without an answer.

function drawCharts() {
  const probability = ["p_measured", "p_listed", "p_listed_network"].find((column) => column === DATA.ranked_by) ?? "p_measured";
  byId("charts").replaceChildren(...[distribution(DATA.ranked_by, DATA.ranking, chosen), reliability(probability, DATA.ranking)].filter(Boolean));
}

for (const line of DATA.summary) byId("summary").append(node("p", {}, line));
for (const [column, meaning] of Object.entries(DATA.legend)) byId("legend").append(node("dt", {}, column), node("dd", {}, meaning));
byId("least-name").textContent = `Least ${title(DATA.ranked_by)}`;
chooseColumns();
listenToTable();
update();
if (DATA.unreadable.length) {
  const items = DATA.unreadable.map((one) => node("li", {}, placeOf(one), ": ", userText(one.reason)));
  byId("unreadable").append(node("details", {}, node("summary", {}, `${items.length} without an answer`), node("ul", {}, ...items)));
  byId("unreadable").hidden = false;
}
