"use strict";
(() => {
  const NS = "http://www.w3.org/2000/svg";
  const PATHS = ["#d3123f", "#e8590c", "#3b1f8f", "#1b1f24"];
  const STOPS = [[16, 42, 84], [20, 92, 130], [32, 140, 138], [98, 180, 120], [186, 208, 118], [240, 222, 158], [252, 246, 232]];
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);

  const clamp = (x, low, high) => Math.min(high, Math.max(low, x));
  const short = (x) => {
    const size = Math.abs(x);
    if (x === 0 || !isFinite(x)) return String(x);
    return size >= 1e5 || size < 1e-3 ? x.toExponential(2) : String(Number(x.toPrecision(4)));
  };
  const make = (name, attributes, parent) => {
    const element = document.createElementNS(NS, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    parent.append(element);
    return element;
  };
  const say = (event, text) => {
    tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = event.clientX + 16 + box.width > innerWidth ? event.clientX - box.width - 12 : event.clientX + 16;
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = clamp(event.clientY - box.height - 10, 4, innerHeight - box.height - 4) + "px";
  };
  const hush = () => { tip.hidden = true; };
  /* Where the mouse is, in the picture's own pixels. */
  const place = (svg, event) => {
    const box = svg.getBoundingClientRect();
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    return [(event.clientX - box.left) / box.width * width, (event.clientY - box.top) / box.height * height];
  };
  const axis = ([from, to, low, high, log]) => {
    const forth = log ? Math.log : (x) => x, back = log ? Math.exp : (x) => x;
    const [a, b] = [forth(low), forth(high)];
    return { from, to, low, high, log, at: (x) => from + (forth(x) - a) / (b - a) * (to - from), value: (p) => back(a + (p - from) / (to - from) * (b - a)) };
  };
  const ticks = ({ low, high }) => {
    const raw = (high - low) / 6, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].find((m) => m * power >= raw) * power, list = [];
    for (let x = Math.ceil(low / step) * step; x <= high + step * 1e-9 && list.length < 20; x += step) list.push(Math.abs(x) < step * 1e-9 ? 0 : x);
    return list;
  };

  /* Curves: pointing at them tells their values, dragging across them zooms, a double click goes back. */
  function curves(svg, data) {
    const whole = axis(data.x), y = axis(data.y);
    let x = whole, start = null, select = null;
    const group = svg.querySelector(".lines"), paths = [...group.querySelectorAll(".line, .guide")];
    const dots = [...group.querySelectorAll(".dot")];
    const lines = data.lines.map((line) => {
      const points = [];
      for (let i = 0; i < line.p.length; i += 2) points.push([line.p[i], line.p[i + 1]]);
      return { ...line, points };
    });
    const integers = lines.every(({ points }) => points.every(([a]) => Number.isInteger(a)));
    const id = "clip" + Math.random().toString(36).slice(2);
    const clip = make("clipPath", { id }, svg);
    make("rect", { x: x.from - 2, y: y.to - 4, width: x.to - x.from + 4, height: y.from - y.to + 8 }, clip);
    const cursor = make("g", { style: "pointer-events:none" }, svg);
    const draw = () => {
      group.setAttribute("clip-path", x === whole ? "" : `url(#${id})`);
      if (x === whole) group.removeAttribute("clip-path");
      paths.forEach((path, i) => {
        let d = "", gap = true;
        for (const [a, b] of lines[i].points) {
          const [px, py] = [x.at(a), y.at(b)];
          if (a === null || b === null || !isFinite(px) || !isFinite(py)) { gap = true; continue; }
          d += (gap ? "M" : "L") + px.toFixed(1) + " " + py.toFixed(1);
          gap = false;
        }
        path.setAttribute("d", d);
      });
      dots.forEach((dot) => { dot.style.display = x === whole ? "" : "none"; });
      const marks = svg.querySelector(".ticks");
      marks.replaceChildren();
      const all = ticks(x), round = all.filter((value) => Math.abs(value - Math.round(value)) < 1e-6);
      for (const value of integers && round.length > 1 ? round : all) {
        const at = x.at(value);
        make("path", { class: "axis", d: `M${at} ${y.from}V${y.from + 4}` }, marks);
        make("text", { class: "tick", x: at, y: y.from + 17, "text-anchor": "middle" }, marks).textContent = short(value);
      }
    };
    const inside = ([a, b]) => a >= x.from - 6 && a <= x.to + 6 && b >= y.to - 6 && b <= y.from + 6;
    svg.style.touchAction = "pan-y";
    svg.addEventListener("pointermove", (event) => {
      const at = place(svg, event);
      cursor.replaceChildren();
      if (!inside(at)) return hush();
      const value = x.value(clamp(at[0], x.from, x.to));
      let near = null;
      for (const { points } of lines) for (const [a] of points) if (a >= x.low && a <= x.high && (near === null || Math.abs(a - value) < Math.abs(near - value))) near = a;
      if (near === null) return hush();
      const px = x.at(near);
      make("path", { class: "cursor", d: `M${px} ${y.to}V${y.from}` }, cursor);
      let text = (data.label ? data.label + " " : "") + short(near);
      for (const line of lines) {
        const nearest = line.points.reduce((best, point) => point[1] !== null && (best === null || Math.abs(point[0] - near) < Math.abs(best[0] - near)) ? point : best, null);
        if (!nearest || line.c.startsWith("guide")) continue;
        text += `\n${line.n}  ${short(nearest[1])}`;
        const [, kind, number] = line.c.match(/\b([lk])(\d)\b/) || [0, "l", 0];
        if (nearest[0] >= x.low && nearest[0] <= x.high) make("circle", { class: "dot " + (kind === "k" ? "v" : "f") + number, r: 4, cx: x.at(nearest[0]), cy: y.at(nearest[1]) }, cursor);
      }
      say(event, text);
      if (start !== null) {
        const end = clamp(at[0], x.from, x.to);
        select = select || make("rect", { class: "select", y: y.to, height: y.from - y.to }, svg);
        select.setAttribute("x", Math.min(start, end));
        select.setAttribute("width", Math.abs(end - start));
      }
    });
    svg.addEventListener("pointerdown", (event) => {
      const at = place(svg, event);
      if (event.pointerType === "mouse" && event.button === 0 && inside(at) && !whole.log) {
        start = clamp(at[0], x.from, x.to);
        svg.setPointerCapture(event.pointerId);
        event.preventDefault();
      }
    });
    svg.addEventListener("pointerup", (event) => {
      const end = clamp(place(svg, event)[0], x.from, x.to);
      if (start !== null && Math.abs(end - start) > 8) {
        const [low, high] = [x.value(Math.min(start, end)), x.value(Math.max(start, end))];
        x = axis([whole.from, whole.to, low, high, 0]);
        draw();
      }
      start = null;
      if (select) select.remove();
      select = null;
    });
    svg.addEventListener("dblclick", () => { x = whole; draw(); });
    svg.addEventListener("pointerleave", () => { cursor.replaceChildren(); hush(); });
  }

  const between = (grid, side, u, v) => {
    const last = side - 1, a = clamp(u, 0, 1) * last, b = clamp(v, 0, 1) * last;
    const i = Math.min(last - 1, Math.floor(a)), j = Math.min(last - 1, Math.floor(b)), fx = a - i, fy = b - j;
    const at = (row, column) => grid[row * side + column] ?? NaN;
    return (at(j, i) * (1 - fx) + at(j, i + 1) * fx) * (1 - fy) + (at(j + 1, i) * (1 - fx) + at(j + 1, i + 1) * fx) * fy;
  };
  /* The places of a path up to a step, the last one between two recorded points. */
  const walked = (path, step) => {
    const places = [];
    for (let i = 0; i < path.s.length; i++) {
      const here = [path.p[2 * i], path.p[2 * i + 1]];
      if (path.s[i] <= step) { places.push(here); continue; }
      if (i > 0) {
        const part = (step - path.s[i - 1]) / (path.s[i] - path.s[i - 1]), before = places[places.length - 1];
        places.push([before[0] + (here[0] - before[0]) * part, before[1] + (here[1] - before[1]) * part]);
      }
      break;
    }
    return places;
  };
  const lossAt = (path, step) => {
    let i = path.s.findIndex((s) => s > step);
    if (i < 0) return path.l[path.l.length - 1];
    return path.l[Math.max(0, i - 1)];
  };

  /* A map: pointing at it tells the loss. */
  function map(svg, data) {
    const [left, right, bottom, top] = data.map;
    const at = ([u, v]) => [left + u * (right - left), bottom + v * (top - bottom)];
    svg.addEventListener("pointermove", (event) => {
      const [px, py] = place(svg, event), u = (px - left) / (right - left), v = (py - bottom) / (top - bottom);
      if (u < 0 || u > 1 || v < 0 || v > 1) return hush();
      say(event, "loss " + short(between(data.loss, data.side, u, v)));
    });
    svg.addEventListener("pointerleave", hush);
    const group = svg.querySelector(".paths");
    return (step) => {
      group.replaceChildren();
      const ways = data.paths.map((path) => walked(path, step).map(at));
      const lines = ways.map((places) => "M" + places.map((p) => p.map((x) => x.toFixed(1)).join(" ")).join("L"));
      lines.forEach((d) => make("path", { class: "halo", d }, group));
      lines.forEach((d, i) => make("path", { class: "line t" + data.paths[i].c, d }, group));
      make("circle", { class: "model", cx: at(data.model)[0], cy: at(data.model)[1], r: 9 }, group);
      ways.forEach((places, i) => {
        for (const [p, r] of [[places[0], 4], [places[places.length - 1], 6]]) make("circle", { class: "end u" + data.paths[i].c, cx: p[0], cy: p[1], r: Math.max(2, r - .9 * i) }, group);
      });
    };
  }

  const colour = (height, light) => {
    const p = clamp(height, 0, 1) * (STOPS.length - 1), i = Math.min(STOPS.length - 2, Math.floor(p)), f = p - i;
    return "rgb(" + STOPS[i].map((a, c) => clamp((a + (STOPS[i + 1][c] - a) * f) * light, 0, 255) | 0).join(",") + ")";
  };
  /* A relief: it is drawn anew on a canvas, so that it can be turned. */
  function relief(svg, data) {
    let [around, above] = data.relief, step = Infinity;
    const [, , scale, tall] = data.relief, side = data.side, heights = data.height;
    const stage = document.createElement("div");
    stage.className = "stage";
    svg.replaceWith(stage);
    stage.append(svg);
    const canvas = document.createElement("canvas");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", svg.getAttribute("aria-label") + "; the arrow keys turn it");
    stage.append(canvas);
    for (const group of svg.querySelectorAll(".relief, .paths")) group.remove();
    const hint = document.createElement("span");
    hint.className = "hint";
    hint.textContent = " Drag to turn it.";
    stage.parentNode.querySelector("figcaption")?.append(hint);
    const see = (u, v, height) => {
      const sin = Math.sin(around), cos = Math.cos(around), a = u - .5, b = v - .5, near = a * sin + b * cos;
      return [220 + scale * (a * cos - b * sin), 236 + scale * (near * Math.sin(above) - (height - .35) * tall * Math.cos(above)), near];
    };
    const draw = () => {
      const width = stage.clientWidth, ratio = Math.min(3, devicePixelRatio || 1);
      if (!width) return;
      canvas.width = width * ratio;
      canvas.height = width * 420 / 440 * ratio;
      const pen = canvas.getContext("2d"), last = side - 1;
      pen.scale(canvas.width / 440, canvas.width / 440);
      pen.lineJoin = pen.lineCap = "round";
      const seen = heights.map((height, i) => see((i % side) / last, Math.floor(i / side) / last, height));
      const sin = Math.sin(around), cos = Math.cos(around), cells = [];
      for (let row = 0; row < last; row++) for (let column = 0; column < last; column++) {
        const a = row * side + column, corners = [a, a + 1, a + side + 1, a + side];
        cells.push([corners, corners.reduce((sum, i) => sum + seen[i][2], 0)]);
      }
      cells.sort((a, b) => a[1] - b[1]);
      pen.lineWidth = .5;
      pen.strokeStyle = "rgb(6 34 44 / .16)";
      for (const [corners] of cells) {
        const [a, b, c, d] = corners.map((i) => heights[i]);
        const gx = (b + c - a - d) / 2 * last, gy = (c + d - a - b) / 2 * last;
        const nx = -(gx * cos - gy * sin) * tall, ny = -(gx * sin + gy * cos) * tall;
        const light = .72 + .34 * (-.55 * nx + .25 * ny + .8) / Math.hypot(nx, ny, 1);
        pen.fillStyle = colour((a + b + c + d) / 4, light);
        pen.beginPath();
        corners.forEach((i, n) => pen[n ? "lineTo" : "moveTo"](seen[i][0], seen[i][1]));
        pen.closePath();
        pen.fill();
        pen.stroke();
      }
      const on = ([u, v]) => see(clamp(u, 0, 1), clamp(v, 0, 1), between(heights, side, u, v) + .01);
      const ways = data.paths.map((path) => walked(path, step).map(on));
      const stroke = (places, style, thick) => {
        pen.strokeStyle = style;
        pen.lineWidth = thick;
        pen.beginPath();
        places.forEach(([x, y], i) => pen[i ? "lineTo" : "moveTo"](x, y));
        pen.stroke();
      };
      const ring = ([x, y], r, fill, thick) => {
        pen.fillStyle = fill;
        pen.strokeStyle = "#fff";
        pen.lineWidth = thick;
        pen.beginPath();
        pen.arc(x, y, r, 0, 7);
        if (fill) pen.fill();
        pen.stroke();
      };
      ways.forEach((places) => stroke(places, "rgb(255 255 255 / .85)", 4.8));
      ways.forEach((places, i) => stroke(places, PATHS[data.paths[i].c], [2.6, 2, 1.5, 1.2][data.paths[i].c]));
      ring(on(data.model), 9, "", 1.8);
      ways.forEach((places, i) => {
        ring(places[0], Math.max(2, 4 - .9 * i), PATHS[data.paths[i].c], 1.6);
        ring(places[places.length - 1], Math.max(2, 6 - .9 * i), PATHS[data.paths[i].c], 1.6);
      });
    };
    let waiting = false;
    const soon = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; draw(); });
    };
    const turn = (dx, dy) => { around += dx; above = clamp(above + dy, .15, 1.45); soon(); };
    let from = null;
    canvas.addEventListener("pointerdown", (event) => { from = [event.clientX, event.clientY]; canvas.setPointerCapture(event.pointerId); });
    canvas.addEventListener("pointermove", (event) => {
      if (!from) return;
      turn((event.clientX - from[0]) * -.009, (event.clientY - from[1]) * .006);
      from = [event.clientX, event.clientY];
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { from = null; });
    canvas.addEventListener("keydown", (event) => {
      const turns = { ArrowLeft: [.12, 0], ArrowRight: [-.12, 0], ArrowUp: [0, -.08], ArrowDown: [0, .08] }[event.key];
      if (turns) { event.preventDefault(); turn(...turns); }
    });
    new ResizeObserver(soon).observe(stage);
    draw();
    return (to) => { step = to; draw(); };
  }

  /* Plays the descent in all pictures of a section at once. */
  function player(section, shows, paths) {
    const end = Math.max(...paths.flatMap((path) => path.s));
    const old = section.querySelector(".player");
    if (old) old.remove();
    const bar = document.createElement("div");
    bar.className = "player";
    bar.innerHTML = '<button type="button">▶ Play</button><input type="range" min="0" max="1000" value="1000" aria-label="step"><output></output>';
    section.querySelector(".figures").before(bar);
    const [button, slider, output] = bar.children;
    let frame = null;
    const show = () => {
      /* The first steps are the largest: time runs slowly there. */
      const step = slider.value === "1000" ? end : end * (slider.value / 1000) ** 2;
      shows.forEach((show) => show(step));
      output.textContent = [`step ${Math.round(step)}`, ...paths.map((path) => `${paths.length > 1 ? path.n : "loss"} ${Number(lossAt(path, step).toPrecision(3))}`)].join(" · ");
    };
    const stop = () => { cancelAnimationFrame(frame); frame = null; button.textContent = "▶ Play"; };
    button.addEventListener("click", () => {
      if (frame !== null) return stop();
      const begin = slider.value === "1000" ? 0 : Number(slider.value);
      let start = null;
      button.textContent = "❚❚ Pause";
      const run = (now) => {
        start = start ?? now;
        slider.value = Math.min(1000, Math.round(begin + (now - start) / 6000 * 1000));
        show();
        if (slider.value === "1000") stop(); else frame = requestAnimationFrame(run);
      };
      frame = requestAnimationFrame(run);
    });
    slider.addEventListener("input", () => { stop(); show(); });
    show();
  }

  function enhance(root) {
    for (const section of root.querySelectorAll("section")) {
      const shows = [], paths = new Map();
      for (const svg of section.querySelectorAll("svg[data-chart]")) {
        const data = JSON.parse(svg.dataset.chart);
        if (data.lines) { curves(svg, data); continue; }
        shows.push(data.map ? map(svg, data) : relief(svg, data));
        for (const path of data.paths) paths.set(path.n, path);
      }
      if (paths.size) player(section, shows, [...paths.values()]);
    }
  }

  const main = document.querySelector("main");
  enhance(main);
  const address = document.body.dataset.live;
  if (address) {
    const source = new EventSource(address);
    source.onmessage = (event) => { hush(); main.innerHTML = event.data; enhance(main); };
    source.addEventListener("end", () => { source.close(); delete document.body.dataset.live; });
  }
})();
