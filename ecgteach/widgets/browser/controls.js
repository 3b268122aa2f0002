// What a learner sets: each kind makes its element once and is brought up to date with every scene.

const ARROWS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const THROUGH = new Set(["Tab", "Escape"]);

function element(tag, className = "", attributes = {}) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Setting what is already there would move a reader's cursor, so nothing is set twice.
function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function setHtml(target, html) {
  if (target.heldHtml === html) return;
  target.innerHTML = html;
  target.heldHtml = html;
}

function setAttribute(target, name, value) {
  if (value === null || value === undefined || value === false) target.removeAttribute(name);
  else if (target.getAttribute(name) !== String(value)) target.setAttribute(name, String(value));
}

// A control that is off keeps its place in the order of keys: the focus never falls on the page's body.
function setOff(target, off) {
  setAttribute(target, "aria-disabled", off ? "true" : null);
}

function isOff(target) {
  return target.getAttribute("aria-disabled") === "true";
}

// Bring the children of an element in line with the nodes of a scene, keeping what is already there.
function place(stage, parent, nodes) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  nodes.forEach((node, index) => {
    const key = node.name || `${node.kind}-${index}`;
    let child = old.get(key);
    if (child && child.dataset.kind !== node.kind) child = undefined;
    if (!child) {
      child = KINDS[node.kind].make(stage, node);
      child.dataset.key = key;
      child.dataset.kind = node.kind;
    } else old.delete(key);
    child.hidden = Boolean(node.hidden);
    KINDS[node.kind].update(stage, child, node);
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] || null);
  });
  for (const child of old.values()) {
    child.dispatchEvent(new Event("ecgteach-gone"));
    child.remove();
  }
}

const box = (className) => ({
  make: () => element("div", className),
  update(stage, target, node) {
    target.className = `${className} ${node.look || ""}`.trim();
    setAttribute(target, "role", node.label ? "group" : null);
    setAttribute(target, "aria-label", node.label);
    place(stage, target, node.children);
  },
});

const words = {
  make(stage) {
    const made = element("div");
    made.addEventListener("click", (event) => {
      const pressed = event.target.closest("[data-control]");
      if (pressed && made.contains(pressed)) stage.tell(pressed.dataset.control, pressed.dataset.value ?? null);
    });
    return made;
  },
  update(stage, target, node) {
    target.className = `ecgteach-words ${node.look || ""}`.trim();
    setAttribute(target, "tabindex", node.scrolls ? "0" : null);
    setAttribute(target, "role", node.scrolls ? "region" : null);
    setAttribute(target, "aria-label", node.scrolls ? node.label : null);
    setHtml(target, node.html);
  },
};

// A group of which one is chosen. Arrows move within it, Space and Enter choose: reading costs no step.
const choice = {
  make(stage, node) {
    const made = element("div");
    const label = element("span", "ecgteach-label");
    label.id = stage.id(`${node.name}-label`);
    const group = element("div", "ecgteach-options", { role: "radiogroup", "aria-labelledby": label.id });
    group.addEventListener("keydown", (event) => {
      const options = [...group.children];
      const at = options.indexOf(event.target);
      const step = ARROWS[event.key];
      let next;
      if (step) next = options[(at + step + options.length) % options.length];
      else if (event.key === "Home") next = options[0];
      else if (event.key === "End") next = options[options.length - 1];
      if (at < 0 || !next) return;
      event.preventDefault();
      rove(group, next);
      next.focus();
    });
    group.addEventListener("click", (event) => {
      const pressed = event.target.closest("[role=radio]");
      if (!pressed || isOff(pressed)) return;
      rove(group, pressed);
      stage.change(made.dataset.key, pressed.heldValue);
    });
    made.append(label, group);
    return made;
  },
  update(stage, target, node) {
    const [label, group] = target.children;
    target.className = `ecgteach-choice ecgteach-${node.name} ${node.look || ""}`.trim();
    setText(label, node.label);
    const chosen = stage.valueOf(node);
    while (group.children.length > node.options.length) group.lastChild.remove();
    node.options.forEach((option, index) => {
      const button = group.children[index] || group.appendChild(element("button", "", { type: "button", role: "radio" }));
      button.heldValue = option.value;
      setText(button, option.label);
      setAttribute(button, "title", option.hint);
      setAttribute(button, "aria-checked", option.value === chosen ? "true" : "false");
      setOff(button, node.disabled);
    });
    const current = [...group.children].find((button) => button.tabIndex === 0);
    const checked = [...group.children].find((button) => button.getAttribute("aria-checked") === "true");
    if (!group.contains(target.ownerDocument.activeElement)) rove(group, checked || group.firstChild);
    else rove(group, current || checked || group.firstChild);
  },
};

function rove(group, to) {
  for (const child of group.children) child.tabIndex = child === to ? 0 : -1;
}

// One of many, in little room; the page's own list, whose keys a reader knows.
const menu = {
  make(stage) {
    const made = element("label");
    const list = element("select");
    list.addEventListener("change", () => stage.change(made.dataset.key, made.heldValues[list.selectedIndex]));
    made.append(element("span", "ecgteach-label"), list);
    return made;
  },
  update(stage, target, node) {
    const [label, list] = target.children;
    target.className = `ecgteach-menu ecgteach-${node.name} ${node.look || ""}`.trim();
    setText(label, node.label);
    target.heldValues = node.options.map((option) => option.value);
    while (list.children.length > node.options.length) list.lastChild.remove();
    node.options.forEach((option, index) => {
      setText(list.children[index] || list.appendChild(element("option")), option.label);
    });
    list.selectedIndex = target.heldValues.indexOf(stage.valueOf(node));
    list.disabled = Boolean(node.disabled);
  },
};

const button = {
  make(stage) {
    const made = element("button", "", { type: "button" });
    made.addEventListener("click", () => {
      if (isOff(made)) return;
      if (made.heldAction) stage.act(made.heldAction, made);
      if (made.heldAction !== "save") stage.tell(made.dataset.key, null);
    });
    return made;
  },
  update(stage, target, node) {
    target.className = `ecgteach-button ${node.primary ? "ecgteach-primary" : ""} ${node.look || ""}`.trim();
    target.heldAction = node.action;
    target.heldFile = node.file;
    setText(target, node.label);
    setAttribute(target, "title", node.hint);
    setAttribute(target, "aria-pressed", node.pressed === undefined ? null : String(Boolean(node.pressed)));
    setAttribute(target, "data-onward", node.primary ? "true" : null);
    setOff(target, node.disabled);
  },
};

// A number is typed whole and then answered: out of range it is the kernel that says so, in words.
const number = {
  make(stage, node) {
    const made = element("label");
    const label = element("span", "ecgteach-label");
    const field = element("input", "", { type: "text", inputmode: "decimal", role: "spinbutton", autocomplete: "off" });
    const unit = element("span", "ecgteach-unit");
    const send = (value) => stage.change(made.dataset.key, value);
    field.addEventListener("keydown", (event) => {
      const at = made.heldNode;
      if (event.key === "Enter") send(typed(field.value));
      else if (event.key in { ArrowUp: 1, ArrowDown: 1 } && !isOff(field)) {
        event.preventDefault();
        const now = Number(typed(field.value)) || 0;
        const next = Math.min(at.high, Math.max(at.low, now + (event.key === "ArrowUp" ? at.step : -at.step)));
        field.value = shown(Number(next.toFixed(6)));
        send(Number(next.toFixed(6)));
      }
    });
    field.addEventListener("change", () => send(typed(field.value)));
    made.append(label, field, unit);
    return made;
  },
  update(stage, target, node) {
    const [label, field, unit] = target.children;
    target.className = `ecgteach-number ecgteach-${node.name} ${node.look || ""}`.trim();
    target.heldNode = node;
    setText(label, node.label);
    setText(unit, node.unit || "");
    const value = stage.valueOf(node);
    const text = shown(value);
    const told = typeof value === "number";
    if (field.value !== text && (field.ownerDocument.activeElement !== field || told)) field.value = text;
    setAttribute(field, "aria-valuenow", told ? value : null);
    setAttribute(field, "aria-valuemin", node.low);
    setAttribute(field, "aria-valuemax", node.high);
    setAttribute(field, "aria-invalid", node.fault ? "true" : null);
    setAttribute(field, "size", node.wide || 5);
    field.readOnly = Boolean(node.disabled);
    setOff(field, node.disabled);
  },
};

// A number as it was typed, with a point or a comma; what is no number goes to the kernel as it stands.
function typed(text) {
  const plain = text.trim().replace(",", ".");
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : text.trim();
}

function shown(value) {
  return value === null || value === undefined ? "" : String(value);
}

const slider = {
  make(stage, node) {
    const made = element("label");
    const label = element("span", "ecgteach-label");
    const range = element("input", "", { type: "range" });
    const said = element("output", "ecgteach-unit");
    range.addEventListener("input", () => {
      if (isOff(range)) return;
      stage.change(made.dataset.key, Number(range.value));
    });
    made.append(label, range, said);
    return made;
  },
  update(stage, target, node) {
    const [label, range, said] = target.children;
    target.className = `ecgteach-slider ecgteach-${node.name} ${node.look || ""}`.trim();
    setText(label, node.label);
    for (const [name, value] of [["min", node.low], ["max", node.high], ["step", node.step]]) setAttribute(range, name, value);
    const value = stage.valueOf(node);
    if (Number(range.value) !== value) range.value = value;
    const text = node.shown.replace("{value}", Number((value * (node.factor || 1)).toFixed(4)));
    setText(said, text);
    setAttribute(range, "aria-valuetext", text);
    range.disabled = Boolean(node.disabled);
  },
};

const text = {
  make(stage) {
    const made = element("label");
    const label = element("span", "ecgteach-label");
    const field = element("input", "", { type: "text", autocomplete: "off" });
    field.addEventListener("change", () => stage.change(made.dataset.key, field.value));
    made.append(label, field);
    return made;
  },
  update(stage, target, node) {
    const [label, field] = target.children;
    target.className = `ecgteach-text ecgteach-${node.name} ${node.look || ""}`.trim();
    setText(label, node.label);
    const value = stage.valueOf(node) ?? "";
    if (field.value !== value && field.ownerDocument.activeElement !== field) field.value = value;
    field.readOnly = Boolean(node.disabled);
    setOff(field, node.disabled);
  },
};

const check = {
  make(stage) {
    const made = element("label");
    const tick = element("input", "", { type: "checkbox" });
    tick.addEventListener("change", () => stage.change(made.dataset.key, tick.checked));
    made.append(tick, element("span"));
    return made;
  },
  update(stage, target, node) {
    const [tick, label] = target.children;
    target.className = `ecgteach-check ecgteach-${node.name} ${node.look || ""}`.trim();
    setText(label, node.label);
    tick.checked = Boolean(stage.valueOf(node));
    tick.disabled = Boolean(node.disabled);
  },
};

// A box that scrolls by keys too; what is new in it is read from its beginning.
const scroll = {
  make: () => element("div", "ecgteach-scroll", { tabindex: "0", role: "region" }),
  update(stage, target, node) {
    setAttribute(target, "aria-label", node.label);
    const before = target.textContent;
    place(stage, target, node.children);
    if (target.textContent !== before && target.scrollTop) target.scrollTop = 0;
  },
};

const KINDS = { row: box("ecgteach-row"), column: box("ecgteach-column"), scroll, words, choice, menu, button, number, slider, text, check };
