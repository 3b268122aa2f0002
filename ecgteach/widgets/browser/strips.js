// Panels on one time axis: strip, picture and fused map, one crosshair, one threshold, and the learner's marks.
// Pointing, threshold and fusion rule are answered here; the kernel hears of them afterwards.

const CAPTION_HEIGHT = 22, AXIS_HEIGHT = 17, BAND_MM = 2.4, LOOKED_MM = 1.4;
const SMALLEST = 0.55; // share of the full width's scale down to which panels shrink to fit the page's height
const NARROW = 700; // pixels: on a narrower page, which is scrolled anyway, panels take the whole width
const LABEL_PIXELS = 34;
const CLICK_PIXELS = 4, SHORTEST_MARK = 0.04;
const STEP_SECONDS = 0.2, FINE_SECONDS = 0.04;

class Strips {
  constructor(stage, host) {
    this.stage = stage;
    this.host = host;
    this.cursor = element("div", "ecgteach-cursor", { role: "slider", tabindex: "0", "aria-orientation": "horizontal" });
    this.list = element("div", "ecgteach-panels");
    this.axis = element("canvas", "ecgteach-axis", { "aria-hidden": "true" });
    this.foot = element("div", "ecgteach-foot");
    [this.note, this.readout] = ["ecgteach-note", "ecgteach-readout"].map((one) => element("span", one));
    this.foot.append(this.note, this.readout);
    host.append(this.cursor, this.list, this.axis, this.foot);
    this.panels = new Map();
    this.images = new Map();
    this.at = null; // seconds under the pointer
    this.from = null; // where a mark begins that is not ended
    this.cursor.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("pointermove", (event) => this.point(event));
    this.list.addEventListener("pointerleave", () => this.leave());
    this.list.addEventListener("pointerdown", (event) => this.press(event));
    this.list.addEventListener("pointerup", (event) => this.release(event));
    this.list.addEventListener("pointercancel", () => this.cancel());
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(host);
    host.addEventListener("ecgteach-gone", () => this.close());
  }

  close() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
  }

  update(spec) {
    const before = this.spec;
    this.spec = spec;
    this.trace = this.stage.floats(spec.trace);
    this.palette = this.palette || paletteOf(spec.palette);
    if (!before || before.trace !== spec.trace) this.from = null;
    setAttribute(this.cursor, "aria-label", spec.label);
    setText(this.note, spec.foot);
    setAttribute(this.cursor, "aria-valuemin", 0);
    setAttribute(this.cursor, "aria-valuemax", 10);
    setAttribute(this.cursor, "title", spec.keys_hint);
    const names = new Set(spec.panels.map((panel) => panel.name));
    for (const [name, held] of this.panels) {
      if (names.has(name)) continue;
      held.figure.remove();
      this.panels.delete(name);
    }
    spec.panels.forEach((panel, index) => {
      const held = this.panels.get(panel.name) || this.makePanel(panel.name);
      held.spec = panel;
      setText(held.chip, panel.word);
      held.chip.style.background = panel.colour;
      held.chip.style.color = panel.ink;
      held.chip.hidden = !panel.word;
      held.caption.hidden = !panel.word && !panel.note;
      setHtml(held.note, panel.note);
      setAttribute(held.paper, "aria-label", panel.alt);
      if (this.list.children[index] !== held.figure) this.list.insertBefore(held.figure, this.list.children[index] || null);
    });
    this.list.classList.toggle("ecgteach-marking", Boolean(this.brush()));
    this.fit(true);
  }

  makePanel(name) {
    const figure = element("div", "ecgteach-panel", { "data-panel": name });
    const caption = element("div", "ecgteach-caption");
    const [chip, note] = ["ecgteach-chip", "ecgteach-note"].map((one) => element("span", one));
    caption.append(chip, note);
    const sheet = element("div", "ecgteach-sheet");
    const paper = element("canvas", "", { role: "img" });
    const over = element("canvas", "ecgteach-over", { "aria-hidden": "true" });
    sheet.append(paper, over);
    figure.append(caption, sheet);
    const held = { figure, caption, chip, note, sheet, paper, over };
    this.panels.set(name, held);
    return held;
  }

  setting(name) {
    return this.stage.local(this.spec.settings?.[name], this.spec[name]);
  }

  // Where the line stands; what was typed and is no moment waits for the kernel's word.
  moment() {
    if (!this.spec.settings?.moment) return this.own || 0;
    const at = this.setting("moment");
    return typeof at === "number" && at >= 0 && at <= 10 ? at : this.spec.moment;
  }

  brush() {
    if (this.spec.locked) return null;
    const wanted = this.setting("brush");
    return this.spec.brushes.find((brush) => brush.name === wanted) || null;
  }

  marks() {
    return this.stage.valueOf(this.spec) || [];
  }

  // The largest scale at which all panels fit the page, as long as that leaves them legible.
  fit(always = false) {
    const spec = this.spec, width = this.host.clientWidth;
    if (!spec || !width) return;
    const millimetres = spec.panels.reduce((sum) => sum + (spec.high - spec.low) * MM_PER_MILLIVOLT, 0);
    const captions = spec.panels.filter((panel) => panel.word || panel.note).length;
    const chrome = (captions * CAPTION_HEIGHT + AXIS_HEIGHT) * this.stage.zoom() + this.foot.offsetHeight;
    const widest = width / ((spec.end - spec.start) * MM_PER_SECOND);
    const room = this.stage.room() - this.stage.around(this.host) - chrome;
    const mm = width < NARROW ? widest : Math.max(Math.min(widest, room / millimetres), SMALLEST * widest);
    if (!always && this.scale && Math.abs(mm - this.scale.mm) * millimetres < 2 && Math.abs(width - this.scale.width) < 2) return;
    this.scale = new Scale({ ...spec, end: spec.start + width / (MM_PER_SECOND * mm) }, mm);
    this.draw();
  }

  // The map of a panel: one, or one for each fusion rule.
  heatOf(panel) {
    if (!panel) return null;
    if (panel.rules && this.setting("rule") === this.spec.weighted && typeof this.setting("weight") === "number") {
      const mixed = this.spec.agreement && this.mixed(this.setting("weight") / 100);
      if (mixed) return mixed; // without the views beside it, it is the kernel that has mixed them
    }
    const key = panel.rules ? panel.rules[this.setting("rule")] : panel.heat;
    return key ? this.stage.bytes(key) : null;
  }

  // The maps of two views, weighted as the learner set it.
  mixed(weight) {
    const maps = this.spec.agreement.of.map((name) => this.heatOf(this.spec.panels.find((panel) => panel.name === name)));
    if (maps.length !== 2 || maps.some((map) => !map)) return null;
    const [one, other] = maps, held = this.mixture;
    if (held && held.weight === weight && held.one === one && held.other === other) return held.made;
    const sums = Float32Array.from(one, (value, at) => weight * value + (1 - weight) * other[at]);
    const most = sums.reduce((high, value) => Math.max(high, value), 0);
    const made = Uint8Array.from(sums, (value) => (most > 0 ? Math.round(255 * value / most) : 0));
    this.mixture = { weight, one, other, made };
    return made;
  }

  // Colours of a map: to its own maximum, or beside the strongest of all.
  shades(panel) {
    const scale = this.setting("own_scale") ? 1 : panel.scale;
    return this.palette.map((_, level) => this.palette[Math.round(level * scale)]);
  }

  draw() {
    this.found = this.spec.agreement ? this.agreed() : null;
    for (const held of this.panels.values()) this.drawPanel(held);
    this.drawAxis();
    this.drawOver();
    this.tell();
  }

  // A panel is drawn anew only where what lies on its paper has changed; threshold and pointer have a layer above it.
  drawPanel(held) {
    const { spec, scale } = this, { spec: panel } = held, look = spec.look;
    const map = panel.rules ? [panel.rules[this.setting("rule")], this.setting("rule"), this.setting("weight")] : panel.heat;
    const image = panel.image ? panel.image.ink + panel.image.heat : "";
    const shown = [scale.mm, scale.width, scale.low, scale.high, panel.trace || spec.trace, map, image, panel.scale];
    const key = [...shown, this.setting("own_scale"), window.devicePixelRatio].join();
    if (held.key === key) return;
    held.key = key;
    const pen = sized(held.paper, scale.width, scale.height);
    pen.fillStyle = look.paper;
    pen.fillRect(0, 0, scale.width, scale.height);
    const heat = this.heatOf(panel);
    const trace = panel.trace ? this.stage.floats(panel.trace) : this.trace;
    if (panel.image) this.drawImage(pen, panel);
    else if (heat) drawHeat(pen, scale, trace, heat, this.shades(panel));
    pen.drawImage(this.lines(), 0, 0, scale.width, scale.height);
    if (!panel.image) drawTrace(pen, scale, trace, look);
  }

  // The paper's lines, made once for a scale.
  lines() {
    const { scale } = this, key = [scale.mm, scale.width, scale.low, scale.high, window.devicePixelRatio].join();
    if (this.ruled?.key !== key) {
      const canvas = document.createElement("canvas");
      drawLines(sized(canvas, scale.width, scale.height), scale, this.spec.look);
      this.ruled = { key, canvas };
    }
    return this.ruled.canvas;
  }

  drawImage(pen, panel) {
    const { spec, scale } = this, { image } = panel;
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, scale.width, scale.height);
    pen.clip();
    const colours = this.shades(panel), shades = colours.map((colour) => [...rgb(colour), 255]), ink = rgb(spec.look.ink);
    if (image.heat) {
      drawPicture(pen, scale, this.image(image.heat, image.heat_columns, (one) => shades[one], colours[255]), image.span);
    }
    drawPicture(pen, scale, this.image(image.ink, image.columns, (one) => [...ink, one], "ink"), image.span);
    pen.restore();
  }

  // An image is made once for each set of colours; those of a case that is gone are forgotten.
  image(key, columns, colour, colours) {
    const name = `${key} ${colours}`;
    if (!this.images.has(name)) {
      if (this.images.size > 8) this.images.clear();
      this.images.set(name, picture(this.stage.bytes(key), columns, colour));
    }
    return this.images.get(name);
  }

  // A bar at the lower edge where a map reaches the threshold.
  drawLooked(pen, heat, colour) {
    const { scale } = this, top = scale.height - LOOKED_MM * scale.mm, least = 255 * this.setting("threshold");
    pen.fillStyle = colour;
    for (const [first, last] of stretches(heat, (value) => value > 0 && value >= least)) {
      pen.fillRect(scale.x(10 * first / heat.length), top, scale.x(10 * last / heat.length) - scale.x(10 * first / heat.length), LOOKED_MM * scale.mm);
    }
  }

  // Who looks at each segment, as the kernel counts it: nobody, one view, several, all.
  agreed() {
    const { of, kinds } = this.spec.agreement, least = 255 * this.setting("threshold");
    const maps = of.map((name) => this.heatOf(this.spec.panels.find((panel) => panel.name === name)));
    if (maps.some((map) => !map)) return null;
    return Uint8Array.from(maps[0], (_, at) => {
      const looking = maps.map((map) => map[at] > 0 && map[at] >= least), many = looking.filter(Boolean).length;
      if (many === 0) return 0;
      if (many === 1) return 1 + looking.indexOf(true);
      return many === maps.length ? kinds.length - 1 : maps.length + 1;
    });
  }

  drawAgreement(pen) {
    const found = this.found;
    if (!found) return;
    const { scale } = this, high = BAND_MM * scale.mm;
    this.spec.agreement.kinds.forEach((kind, number) => {
      for (const [first, last] of stretches(found, (value) => value === number)) {
        const left = scale.x(10 * first / found.length), right = scale.x(10 * last / found.length);
        fillHatched(pen, left, scale.height - high, right - left, high, kind.colour, kind.hatch, "#FFFFFF");
      }
    });
  }

  drawAxis() {
    const { scale, spec } = this, high = AXIS_HEIGHT * this.stage.zoom();
    const pen = sized(this.axis, scale.width, high);
    pen.fillStyle = spec.look.quiet_ink;
    pen.font = `${getComputedStyle(this.host).fontSize} sans-serif`;
    pen.textBaseline = "top";
    const each = [1, 2, 5].find((step) => step * MM_PER_SECOND * scale.mm >= LABEL_PIXELS * this.stage.zoom()) || 10;
    for (let second = 0; second <= 10; second += each) {
      pen.textAlign = scale.x(second) > scale.width - 20 ? "right" : second ? "center" : "left";
      pen.fillText(`${second} s`, Math.min(scale.x(second), scale.width - 2), 2);
    }
  }

  // Marks, the line at a moment and the crosshair: the layer that follows the pointer.
  drawOver() {
    const { scale, spec } = this, moment = this.moment();
    for (const held of this.panels.values()) {
      const pen = sized(held.over, scale.width, scale.height), heat = this.heatOf(held.spec);
      if (held.spec.agreement) this.drawAgreement(pen);
      else if (heat) this.drawLooked(pen, heat, held.spec.colour);
      spec.brushes.forEach((brush, lane) => {
        if (!held.spec.brushes.includes(brush.name)) return;
        for (const mark of this.drawn()) if (mark.brush === brush.name) this.drawMark(pen, mark, brush, lane);
      });
      if (moment > 0) this.drawCross(pen, moment, [6, 4], 2);
      if (this.at !== null) this.drawCross(pen, this.at, [], 1);
    }
    const shown = this.at ?? (moment > 0 ? moment : null);
    setText(this.readout, shown === null ? "" : this.reading(shown));
    setAttribute(this.cursor, "aria-valuenow", (moment || 0).toFixed(2));
    setAttribute(this.cursor, "aria-valuetext", this.reading(moment || 0));
  }

  drawn() {
    if (this.pending === undefined || this.pending === null) return this.marks();
    return [...this.marks(), this.pending];
  }

  drawMark(pen, mark, brush, lane) {
    const { scale } = this, left = scale.x(mark.start), width = Math.max(2, scale.x(mark.end) - left);
    pen.globalAlpha = 0.28;
    pen.fillStyle = brush.colour;
    pen.fillRect(left, 0, width, scale.height);
    pen.globalAlpha = 1;
    fillHatched(pen, left, lane * 8, width, 7, brush.colour, brush.hatch, "#FFFFFF");
    pen.strokeStyle = brush.colour;
    pen.lineWidth = 1;
    pen.strokeRect(left + 0.5, 0.5, width - 1, scale.height - 1);
  }

  drawCross(pen, seconds, dash, width) {
    const x = this.scale.x(seconds);
    pen.setLineDash(dash);
    drawLine(pen, [[x, 0], [x, this.scale.height]], this.spec.look.ink, width);
    pen.setLineDash([]);
  }

  // Time, millivolt, and how strong each map is there.
  reading(seconds) {
    if (!this.trace) return "";
    const texts = this.spec.texts;
    const sample = Math.max(0, Math.min(this.trace.length - 1, Math.round(seconds / 10 * this.trace.length)));
    const height = this.trace[sample];
    const parts = [texts.here.replace("{time}", seconds.toFixed(2)).replace("{millivolt}", `${height < 0 ? "−" : ""}${Math.abs(height).toFixed(2)}`)];
    for (const panel of this.spec.panels) {
      const heat = this.heatOf(panel);
      if (!heat) continue;
      const value = heat[Math.min(heat.length - 1, Math.floor(seconds / 10 * heat.length))] / 255;
      parts.push(texts.importance.replace("{map}", panel.word.toLowerCase()).replace("{share}", inSteps(value, texts)));
    }
    return parts.join(" · ");
  }

  // What words beside the panels say of threshold and rule, filled in where they leave room for it.
  tell() {
    const { found } = this, said = {};
    if (found) {
      const counts = this.spec.agreement.kinds.map((_, number) => found.reduce((sum, one) => sum + (one === number), 0) / found.length);
      this.spec.agreement.kinds.forEach((kind, number) => { said[kind.kind] = inSteps(counts[number], this.spec.texts); });
      const alone = counts.slice(1, 1 + this.spec.agreement.of.length).reduce((sum, one) => sum + one, 0);
      said.alone = inSteps(alone, this.spec.texts);
    }
    for (const panel of this.spec.panels) {
      const heat = this.heatOf(panel);
      if (!heat) continue;
      const least = 255 * this.setting("threshold");
      said[`${panel.name} looked`] = inSteps(heat.reduce((sum, one) => sum + (one > 0 && one >= least), 0) / heat.length, this.spec.texts);
    }
    said.threshold = `${Math.round(100 * this.setting("threshold"))} %`;
    said.rule = this.spec.rule_words?.[this.setting("rule")] || "";
    said.unfused = this.spec.unfused?.[this.setting("rule")] || "";
    for (const target of this.stage.root.querySelectorAll("[data-fill]")) {
      if (target.dataset.fill in said) setText(target, said[target.dataset.fill]);
    }
  }

  changed() {
    this.draw();
  }

  point(event) {
    this.at = this.secondsOf(event);
    if (this.pressed) this.pending = this.stretch(this.pressed.at, this.at);
    this.soon();
  }

  secondsOf(event) {
    const left = this.list.getBoundingClientRect().left;
    return Math.max(0, Math.min(10, this.scale.seconds(event.clientX - left)));
  }

  soon() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.drawOver();
    });
  }

  leave() {
    if (this.pressed) return;
    this.at = null;
    this.soon();
  }

  press(event) {
    if (event.button !== 0) return;
    this.cursor.focus({ preventScroll: true });
    event.preventDefault();
    this.pressed = { at: this.secondsOf(event), x: event.clientX, brush: this.brush() };
    if (this.pressed.brush) this.list.setPointerCapture(event.pointerId);
  }

  release(event) {
    const pressed = this.pressed;
    if (!pressed) return;
    const at = this.secondsOf(event);
    this.cancel();
    if (pressed.brush && Math.abs(event.clientX - pressed.x) > CLICK_PIXELS) this.add(this.stretch(pressed.at, at));
    else if (!this.takeAway(at)) this.moveTo(at);
  }

  cancel() {
    this.pressed = null;
    this.pending = null;
    this.soon();
  }

  stretch(one, other) {
    const brush = this.brush();
    return { brush: brush ? brush.name : "", start: round2(Math.min(one, other)), end: round2(Math.max(one, other)) };
  }

  add(mark) {
    if (!mark.brush) return;
    if (mark.end - mark.start < SHORTEST_MARK) {
      this.stage.say(this.spec.texts.short);
      return;
    }
    this.stage.change(this.host.dataset.key, merged([...this.marks(), mark]));
    this.stage.say(this.spec.texts.marked.replace("{start}", mark.start.toFixed(2)).replace("{end}", mark.end.toFixed(2)));
  }

  takeAway(at) {
    const brush = this.brush();
    if (!brush) return false;
    const kept = this.marks().filter((mark) => mark.brush !== brush.name || at < mark.start || at > mark.end);
    if (kept.length === this.marks().length) return false;
    this.stage.change(this.host.dataset.key, kept);
    this.stage.say(this.spec.texts.unmarked);
    return true;
  }

  moveTo(seconds) {
    const control = this.spec.settings?.moment, at = round2(Math.max(0, Math.min(10, seconds)));
    this.own = at;
    if (control) this.stage.change(control, at);
    else this.drawOver();
  }

  key(event) {
    const now = this.moment() || 0;
    const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (direction) this.moveTo(this.next(now, direction, event.shiftKey));
    else if (event.key === "PageUp" || event.key === "PageDown") this.moveTo(now + (event.key === "PageUp" ? 1 : -1));
    else if (event.key === "Home" || event.key === "End") this.moveTo(event.key === "Home" ? 0 : 10);
    else if ((event.key === "Enter" || event.key === " ") && this.brush()) this.beginOrEnd(now);
    else if (event.key === "Delete" || event.key === "Backspace") this.undo(now);
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (this.from !== null) {
      this.pending = this.stretch(this.from, this.moment() || 0);
      this.drawOver();
    }
  }

  // From border of wave to border of wave where these are known; finely with Shift.
  next(now, direction, fine) {
    if (fine || !this.spec.stops.length) return now + direction * (fine ? FINE_SECONDS : STEP_SECONDS);
    const ahead = this.spec.stops.filter((stop) => direction * (stop - now) > 0.005);
    return ahead.length ? ahead[direction > 0 ? 0 : ahead.length - 1] : direction > 0 ? 10 : 0;
  }

  beginOrEnd(now) {
    if (this.from === null) {
      this.from = now;
      this.stage.say(this.spec.texts.begun.replace("{start}", now.toFixed(2)));
      return;
    }
    const mark = this.stretch(this.from, now);
    this.from = this.pending = null;
    this.add(mark);
  }

  undo(now) {
    if (this.from === null) this.takeAway(now);
    this.from = this.pending = null;
    this.drawOver();
  }

  // All panels with their captions as one picture.
  save(file) {
    const ratio = window.devicePixelRatio || 1, { scale } = this, caption = CAPTION_HEIGHT;
    const each = scale.height + caption;
    const canvas = element("canvas");
    canvas.width = Math.round(scale.width * ratio);
    canvas.height = Math.round((each * this.panels.size + AXIS_HEIGHT) * ratio);
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#FFFFFF";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.scale(ratio, ratio);
    pen.font = "14px sans-serif";
    pen.textBaseline = "middle";
    let top = 0;
    for (const held of this.panels.values()) {
      pen.fillStyle = this.spec.look.ink;
      pen.fillText([held.chip.hidden ? "" : held.chip.textContent, held.note.textContent].filter(Boolean).join(" · "), 4, top + caption / 2);
      for (const layer of [held.paper, held.over]) pen.drawImage(layer, 0, top + caption, scale.width, scale.height);
      top += each;
    }
    pen.drawImage(this.axis, 0, top, scale.width, AXIS_HEIGHT);
    const link = element("a", "", { href: canvas.toDataURL("image/png"), download: file });
    link.click();
  }
}

function stretches(values, holds) {
  const found = [];
  let first = -1;
  for (let at = 0; at <= values.length; at++) {
    const inside = at < values.length && holds(values[at]);
    if (inside && first < 0) first = at;
    if (!inside && first >= 0) {
      found.push([first, at]);
      first = -1;
    }
  }
  return found;
}

function merged(marks) {
  const found = [];
  for (const mark of [...marks].sort((one, other) => one.start - other.start)) {
    const before = found.find((held) => held.brush === mark.brush && mark.start <= held.end);
    if (before) before.end = Math.max(before.end, mark.end);
    else found.push({ ...mark });
  }
  return found;
}

// A share in steps of 5 %, as the kernel's words say it: only none is called 0 %, only all 100 %.
function inSteps(share, texts) {
  const steps = 5 * Math.round(20 * share);
  if (steps === 0 && share > 1e-6) return texts.under;
  if (steps === 100 && share < 1 - 1e-6) return texts.over;
  return steps === 0 || steps === 100 ? `${steps} %` : texts.about.replace("{steps}", steps);
}

function round2(value) {
  return Math.round(100 * value) / 100;
}

KINDS.strips = {
  make(stage) {
    const made = element("div", "ecgteach-strips");
    made.strips = new Strips(stage, made);
    return made;
  },
  update(stage, target, node) {
    stage.drawers.set(target.dataset.key, target.strips);
    target.strips.update(node);
  },
};
