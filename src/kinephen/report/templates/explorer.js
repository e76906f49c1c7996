(function () {
  const source = document.getElementById("explorer-data");
  if (!source) { return; }
  const data = JSON.parse(source.textContent);
  const choice = document.getElementById("explorer-choice");
  const search = document.getElementById("explorer-search");
  const drawing = document.getElementById("explorer-drawing");
  const body = document.getElementById("explorer-table").tBodies[0];
  const parts = ["low", "q1", "median", "q3", "high"];
  const space = drawing.firstElementChild.namespaceURI;

  function shown(value) {
    if (value === null) { return "\u2013"; }
    const size = Math.abs(value);
    let text;
    if (size === 0) { text = "0"; } else if (size < 0.001 || size >= 1e7) {
      text = value.toExponential(2).replace(/e([+-])(\d)$/, "e$10$2");
    } else if (size >= 999.5) { text = value.toFixed(0); } else { text = value.toPrecision(3); }
    return text.replace(/-/g, "\u2212");
  }

  function node(name, attributes, text) {
    const made = document.createElementNS(space, name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    if (text !== undefined) { made.textContent = text; }
    return made;
  }

  function ticks(low, high) {
    const rough = (high - low) / 4;
    const base = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = [1, 2, 5, 10].map(function (m) { return m * base; }).find(function (s) { return s >= rough; });
    const found = [];
    for (let t = Math.ceil(low / step) * step; t <= high + step / 1e6; t += step) { found.push(t); }
    return found;
  }

  function fill() {
    const wanted = search.value.trim().toLowerCase();
    const before = choice.value;
    const groups = new Map();
    data.variables.forEach(function (variable, i) {
      if (wanted && !(variable.heading + " " + variable.label).toLowerCase().includes(wanted)) { return; }
      if (!groups.has(variable.heading)) {
        groups.set(variable.heading, document.createElement("optgroup"));
        groups.get(variable.heading).label = variable.heading;
      }
      groups.get(variable.heading).append(new Option(variable.label, i));
    });
    choice.replaceChildren.apply(choice, Array.from(groups.values()));
    if (Array.from(choice.options).some(function (o) { return o.value === before; })) { choice.value = before; }
    document.getElementById("explorer-found").textContent = choice.options.length + " of " + data.variables.length;
    show();
  }

  function show() {
    if (choice.value === "") { drawing.replaceChildren(); body.replaceChildren(); return; }
    const place = Number(choice.value);
    table(data.variables[place], place);
    draw(data.variables[place]);
  }

  function table(variable, place) {
    body.replaceChildren.apply(body, data.groups.map(function (name, g) {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.className = "left";
      head.textContent = name;
      row.append(head);
      parts.forEach(function (part) {
        const cell = row.insertCell();
        cell.className = "right";
        const number = document.createElement("span");
        number.dataset.ref = "/explorer/variables/" + place + "/boxes/" + g + "/" + part;
        number.dataset.format = "sig3";
        number.textContent = shown(variable.boxes[g][part]);
        cell.append(number);
      });
      return row;
    }));
  }

  function draw(variable) {
    const known = variable.values.filter(function (v) { return v !== null; });
    if (!known.length) { drawing.replaceChildren("No patient has a value."); return; }
    const width = Math.max(300, Math.min(drawing.clientWidth, 820));
    const band = 78;
    const height = data.groups.length * band + 46;
    let low = Math.min.apply(null, known);
    let high = Math.max.apply(null, known);
    if (high <= low) { low -= 1; high += 1; }
    const room = 0.04 * (high - low);
    const x = function (v) { return 12 + (v - low + room) / (high - low + 2 * room) * (width - 24); };
    const label = variable.heading + ", " + variable.label + (variable.unit ? " (" + variable.unit + ")" : "");
    const svg = node("svg", { viewBox: "0 0 " + width + " " + height, width: width, height: height, role: "img",
      "aria-label": label + " by phenotype; the five numbers of each stand in the table below" });
    ticks(low, high).forEach(function (t) {
      svg.append(node("path", { "class": "grid", d: "M" + x(t) + " 4V" + (height - 40) }));
      svg.append(node("text", { x: x(t), y: height - 24, "text-anchor": "middle" }, shown(Number(t.toPrecision(6)))));
    });
    svg.append(node("text", { x: width / 2, y: height - 5, "text-anchor": "middle" }, label));
    data.groups.forEach(function (name, g) {
      const top = g * band;
      const middle = top + 48;
      const box = variable.boxes[g];
      const colour = "var(--group-" + (g % 8 + 1) + ")";
      svg.append(node("text", { x: 12, y: top + 18, "class": "name" }, name));
      if (box.q1 !== null) {
        svg.append(node("rect", { x: x(box.q1), y: middle - 17, width: Math.max(x(box.q3) - x(box.q1), 1), height: 34,
          fill: colour, opacity: 0.18 }));
        svg.append(node("path", { "class": "median", d: "M" + x(box.median) + " " + (middle - 17) + "v34" }));
      }
    });
    data.patients.forEach(function (id, i) {
      const value = variable.values[i];
      if (value === null) { return; }
      const g = data.group[i];
      // Spread by the golden ratio: neighbours in the list never lie on each other, and each time alike.
      const spread = ((i * 0.618034) % 1 - 0.5) * 26;
      const colour = "var(--group-" + (g % 8 + 1) + ")";
      const dot = node("circle", { cx: x(value), cy: g * band + 48 + spread, r: 3.4, stroke: colour, "stroke-width": 1.4,
        fill: data.discovery[i] ? colour : "none", "fill-opacity": 0.75 });
      dot.append(node("title", {}, id + ": " + shown(value) + (data.discovery[i] ? "" : " (validation)")));
      svg.append(dot);
    });
    drawing.replaceChildren(svg);
  }

  choice.addEventListener("input", show);
  search.addEventListener("input", fill);
  let width = 0;
  new ResizeObserver(function () {
    if (Math.abs(drawing.clientWidth - width) > 4) { width = drawing.clientWidth; show(); }
  }).observe(drawing);
  fill();
}());
