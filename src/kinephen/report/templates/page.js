"use strict";
(function () {
  const root = document.documentElement;
  document.getElementById("theme").addEventListener("click", function () {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : window.matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  const links = new Map();
  document.querySelectorAll("nav a").forEach(function (link) { links.set(link.hash.slice(1), link); });
  const watch = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting || !links.has(entry.target.id)) { return; }
      links.forEach(function (link) { link.removeAttribute("aria-current"); });
      links.get(entry.target.id).setAttribute("aria-current", "true");
    });
  }, { rootMargin: "-15% 0px -75% 0px" });
  document.querySelectorAll("main > section").forEach(function (section) { watch.observe(section); });

  const table = document.getElementById("patients-table");
  if (!table) { return; }
  const size = 50;
  const body = table.tBodies[0];
  const form = document.getElementById("filters");
  const pager = document.getElementById("pager");
  let rows = Array.from(body.rows);
  const words = new Map(rows.map(function (row) { return [row, row.textContent.toLowerCase()]; }));
  let page = 0;
  let whole = false;

  function matching() {
    const text = form.elements.text.value.trim().toLowerCase();
    const cohort = form.elements.cohort.value;
    const phenotype = form.elements.phenotype.value;
    const warned = form.elements.warned.checked;
    return rows.filter(function (row) {
      return (!text || words.get(row).includes(text)) && (!cohort || row.dataset.cohort === cohort) &&
        (!phenotype || row.dataset.phenotype === phenotype) && (!warned || "warned" in row.dataset);
    });
  }

  function show() {
    const found = matching();
    const pages = Math.max(1, Math.ceil(found.length / size));
    page = Math.min(page, pages - 1);
    const part = document.createDocumentFragment();
    (whole ? found : found.slice(page * size, (page + 1) * size)).forEach(function (row) { part.append(row); });
    body.replaceChildren(part);
    document.getElementById("shown").textContent = found.length + " of " + rows.length + " patients";
    pager.hidden = pages < 2;
    document.getElementById("page-of").textContent = "Page " + (page + 1) + " of " + pages;
    document.getElementById("back").disabled = page === 0;
    document.getElementById("next").disabled = page >= pages - 1;
  }

  function key(row, column) {
    const text = row.cells[column].textContent.trim();
    if (text === "\u2013" || text === "") { return null; }
    const number = Number(text.replace("\u2212", "-").replace(/^[<>]\s*/, ""));
    return Number.isNaN(number) ? text : number;
  }

  function compare(a, b) {
    // Undefined values come last in either direction.
    if (a === null || b === null) { return a === b ? 0 : NaN; }
    if (typeof a === "number" && typeof b === "number") { return a - b; }
    return String(a).localeCompare(String(b), "en", { numeric: true });
  }

  table.querySelectorAll("button.sort").forEach(function (button) {
    button.addEventListener("click", function () {
      const head = button.parentElement;
      const down = head.getAttribute("aria-sort") === "ascending";
      table.querySelectorAll("th[aria-sort]").forEach(function (th) { th.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = rows.map(function (row) { return [key(row, head.cellIndex), row]; });
      keyed.sort(function (x, y) {
        const order = compare(x[0], y[0]);
        if (Number.isNaN(order)) { return x[0] === null ? 1 : -1; }
        return down ? -order : order;
      });
      rows = keyed.map(function (pair) { return pair[1]; });
      page = 0;
      show();
    });
  });
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("input", function () { page = 0; show(); });
  document.getElementById("back").addEventListener("click", function () { page -= 1; show(); });
  document.getElementById("next").addEventListener("click", function () { page += 1; show(); });
  // Paper has no pager: it shows all patients who match.
  window.addEventListener("beforeprint", function () { whole = true; show(); });
  window.addEventListener("afterprint", function () { whole = false; show(); });
  show();
}());
