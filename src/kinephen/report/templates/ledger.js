"use strict";
(function () {
  const root = document.documentElement;
  document.getElementById("theme").addEventListener("click", function () {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : window.matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  const form = document.getElementById("filters");
  const rows = Array.from(document.querySelectorAll("table.claims tbody tr"));
  const words = new Map(rows.map(function (row) { return [row, row.textContent.toLowerCase()]; }));
  const buttons = Array.from(document.querySelectorAll("button[data-verdict]"));

  function show() {
    const text = form.elements.text.value.trim().toLowerCase();
    const verdict = form.elements.verdict.value;
    const place = form.elements.place.value;
    let shown = 0;
    rows.forEach(function (row) {
      const fits = (!text || words.get(row).includes(text)) && (!verdict || row.dataset.verdict === verdict) &&
        (!place || row.dataset.place === place);
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    document.querySelectorAll("section.place").forEach(function (section) {
      section.hidden = !section.querySelector("tbody tr:not([hidden])");
    });
    buttons.forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
    });
    document.getElementById("shown").textContent = shown + " of " + rows.length + " claims";
    document.getElementById("none").hidden = shown > 0;
  }

  buttons.forEach(function (button) {
    button.addEventListener("click", function () {
      const select = form.elements.verdict;
      select.value = select.value === button.dataset.verdict ? "" : button.dataset.verdict;
      show();
    });
  });
  form.addEventListener("input", show);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  show();
}());
