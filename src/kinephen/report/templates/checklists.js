(function () {
  const form = document.getElementById("checklist-filter");
  if (!form) { return; }
  const lists = Array.from(document.querySelectorAll("details.checklist"));
  const items = Array.from(document.querySelectorAll(".items > li"));
  const toggle = document.getElementById("checklists-toggle");

  function show() {
    const status = form.elements.status.value;
    let shown = 0;
    items.forEach(function (item) {
      item.hidden = status !== "" && item.dataset.status !== status;
      if (!item.hidden) { shown += 1; }
    });
    document.getElementById("checklist-shown").textContent = shown + " of " + items.length + " items";
  }

  function label() {
    const open = lists.every(function (list) { return list.open; });
    toggle.textContent = open ? "Close all lists" : "Open all lists";
    toggle.setAttribute("aria-expanded", String(open));
  }

  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("input", show);
  toggle.addEventListener("click", function () {
    const open = toggle.getAttribute("aria-expanded") !== "true";
    lists.forEach(function (list) { list.open = open; });
    label();
  });
  lists.forEach(function (list) { list.addEventListener("toggle", label); });

  // Paper has no way to open a list.
  let before = [];
  window.addEventListener("beforeprint", function () {
    before = lists.map(function (list) { return list.open; });
    lists.forEach(function (list) { list.open = true; });
  });
  window.addEventListener("afterprint", function () {
    lists.forEach(function (list, i) { list.open = before[i]; });
  });
  show();
}());
