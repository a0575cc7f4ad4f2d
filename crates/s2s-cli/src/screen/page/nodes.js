"use strict";
// Elements of the page. Text is always text: nothing that an input says is read as markup.

const byId = (id) => document.getElementById(id);
const DATA = JSON.parse(byId("data").textContent);
const SVG = byId("svg").namespaceURI;

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) if (value !== "") element.setAttribute(name, value);
  element.append(...children);
  return element;
}
const node = (name, attributes, ...children) => filled(document.createElement(name), attributes, children);
const svg = (name, attributes, ...children) => filled(document.createElementNS(SVG, name), attributes, children);

/** Text of an input, set apart so that its writing direction changes nothing around it. */
const userText = (text) => (text ? node("bdi", {}, text) : "");
const percent = (share) => `${Number((100 * share).toPrecision(2))} %`;
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
const title = (column) => ({ tc_k: "Tc/K" })[column] ?? column;
