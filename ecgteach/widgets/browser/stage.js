// The stage: shows the scene that the kernel sends, sends back what a learner does, and owns keys and focus.

const GONE = "jupyter-widgets-disconnected";
let stages = 0;

class Stage {
  constructor(model, host) {
    this.model = model;
    this.host = host;
    this.name = `ecgteach-${Date.now().toString(36)}-${stages++}`;
    this.locals = new Map(); // what was changed here and has not been answered, by control
    this.queue = [];
    this.sent = 0;
    this.waiting = this.asked = null;
    this.drawers = new Map();
    this.build();
    this.listen();
    this.show();
    this.look();
    this.follow().catch(() => {}); // a page without such a manager has no kernel that could go
  }

  build() {
    this.root = element("div", "ecgteach-stage", { role: "region", tabindex: "-1" });
    this.live = element("div", "ecgteach-unseen", { role: "status", "aria-live": "polite" });
    this.busy = element("div", "ecgteach-busy", { "aria-hidden": "true" });
    this.fault = element("div", "ecgteach-fault", { role: "alert" });
    this.gone = element("div", "ecgteach-fault ecgteach-gone", { role: "alert" });
    this.body = element("div", "ecgteach-body");
    this.busy.hidden = this.fault.hidden = this.gone.hidden = true;
    this.root.append(this.live, this.busy, this.gone, this.fault, this.body);
    this.host.append(this.root);
  }

  listen() {
    this.onScene = () => this.show();
    this.model.on("change:scene", this.onScene);
    for (const kind of ["keydown", "keyup", "keypress"]) {
      this.root.addEventListener(kind, (event) => {
        if (kind === "keydown") this.key(event);
        const saves = (event.ctrlKey || event.metaKey) && event.key === "s";
        if (!THROUGH.has(event.key) && !saves) event.stopPropagation();
      });
    }
    this.fault.addEventListener("click", (event) => {
      if (event.target.closest("[data-dismiss]")) this.fault.hidden = true;
    });
    this.watch = new MutationObserver(() => this.look());
    for (let one = this.host; one && one !== document.body; one = one.parentElement) {
      this.watch.observe(one, { attributes: true, attributeFilter: ["class"] });
    }
  }

  close() {
    this.model.off("change:scene", this.onScene);
    this.watch.disconnect();
    this.held?.off("comm_live_update", this.onLive);
    clearTimeout(this.timer);
    for (const drawer of this.drawers.values()) drawer.close();
    this.root.remove();
  }

  id(name) {
    return `${this.name}-${name}`;
  }

  // The page's widget manager knows when the kernel has gone; stock widgets get a class of it.
  async follow() {
    const held = await this.model.widget_manager?.get_model?.(this.scene.model);
    if (!held?.on) return;
    this.held = held;
    this.onLive = () => this.look();
    held.on("comm_live_update", this.onLive);
    this.look();
  }

  // Whether the kernel that made this widget is still there.
  look() {
    const gone = Boolean(this.host.closest(`.${GONE}`)) || this.held?.comm_live === false;
    if (gone === !this.gone.hidden) return;
    this.gone.hidden = !gone;
    setText(this.gone, gone && this.scene?.texts ? this.scene.texts.gone : "");
    this.root.classList.toggle("ecgteach-is-gone", gone);
    if (gone) this.answered();
  }

  show() {
    const scene = this.scene = this.model.get("scene");
    this.arrays = this.model.get("arrays") || {};
    if (!scene || !scene.body) return;
    const mine = scene.answers && scene.answers[0] === this.name;
    if (mine && this.waiting === scene.answers[1]) {
      this.settle(scene.answers[2]);
      this.answered();
    }
    setAttribute(this.root, "aria-label", scene.label);
    this.root.className = `ecgteach-stage ${scene.look || ""} ${this.gone.hidden ? "" : "ecgteach-is-gone"}`.trim();
    setText(this.busy, scene.texts.busy);
    setHtml(this.fault, scene.fault || "");
    this.fault.hidden = !scene.fault;
    const focused = this.root.contains(document.activeElement);
    const held = focused ? document.activeElement.closest("[data-key]")?.dataset.key : null;
    this.nodes = new Map();
    collect(scene.body, this.nodes);
    place(this, this.body, [scene.body]);
    if (focused && !this.root.contains(document.activeElement)) this.focusOn(held);
    for (const drawer of this.drawers.values()) drawer.fit();
    if (scene.turn !== this.turn) {
      if (scene.said) this.say(scene.said);
      if (this.turn !== undefined && scene.focus && (focused || mine)) this.focusOn(scene.focus);
    }
    this.turn = scene.turn;
  }

  // Focus on a control by its name; where it is gone, on the widget itself and never on the page's body.
  focusOn(name) {
    const target = name && this.body.querySelector(`[data-key="${CSS.escape(name)}"]:not([hidden])`);
    if (!target) {
      this.root.focus({ preventScroll: true });
      return;
    }
    const first = target.matches("button") ? target
      : target.querySelector("[role=radio][tabindex='0'], [role=slider], input, button, [tabindex='0']") || target;
    first.focus();
  }

  // Announced once; the same words again are words again.
  say(words) {
    const again = this.live.textContent === words;
    this.live.textContent = again ? `${words}\u00a0` : words;
  }

  key(event) {
    if (this.scene?.look !== "ecgteach-presenter" || event.defaultPrevented) return;
    const step = { PageDown: "[data-onward]", PageUp: "[data-key=previous]" }[event.key];
    const target = step && this.body.querySelector(step);
    if (!target) return;
    event.preventDefault();
    target.click();
  }

  // What a control is set to: what was done here last, until the kernel has answered it.
  valueOf(node) {
    return this.locals.has(node.name) ? this.locals.get(node.name).value : node.value;
  }

  local(control, otherwise) {
    if (!control) return otherwise;
    if (this.locals.has(control)) return this.locals.get(control).value;
    return otherwise;
  }

  // A control was changed: shown at once, where the browser can do so alone, and told to the kernel.
  change(control, value) {
    const node = this.nodes.get(control) || {};
    if (node.disabled) return;
    this.locals.set(control, { value });
    for (const drawer of this.drawers.values()) drawer.changed();
    const target = this.body.querySelector(`[data-key="${CSS.escape(control)}"]`);
    if (target && KINDS[node.kind]) KINDS[node.kind].update(this, target, node);
    if (node.said) this.sayLocally(node, value);
    this.tell(control, value);
  }

  sayLocally(node, value) {
    const option = (node.options || []).find((one) => one.value === value);
    const about = node.tells ? this.body.querySelector(`[data-key="${CSS.escape(node.tells)}"]`) : null;
    this.say(`${node.said.replace("{value}", option ? option.label : value)} ${about ? about.textContent.trim() : ""}`.trim());
  }

  // One message at a time: what comes meanwhile waits, and only the last value of each control is sent.
  tell(control, value) {
    const at = this.queue.findIndex((held) => held.control === control);
    if (value === null) {
      if (at >= 0 || this.asked?.control === control) return;
      this.queue.push({ control, value });
    } else if (at >= 0) this.queue[at].value = value;
    else this.queue.push({ control, value });
    this.pump();
  }

  pump() {
    if (this.waiting !== null || !this.queue.length || !this.gone.hidden) return;
    const next = this.queue.shift();
    this.waiting = ++this.sent;
    setAttribute(this.body, "aria-busy", "true");
    this.asked = next;
    this.timer = setTimeout(() => { this.busy.hidden = false; }, this.scene.busy_after);
    this.model.send({ view: this.name, number: this.waiting, control: next.control, value: next.value });
  }

  // The kernel's word on a control stands, unless it has been changed again since.
  settle(control) {
    if (!this.queue.some((held) => held.control === control)) this.locals.delete(control);
  }

  answered() {
    clearTimeout(this.timer);
    this.waiting = this.asked = null;
    this.busy.hidden = true;
    if (!this.queue.length) setAttribute(this.body, "aria-busy", null);
    this.pump();
  }

  act(action, target) {
    if (action === "save") for (const drawer of this.drawers.values()) drawer.save(target.heldFile);
    if (action === "screen") this.fullScreen(target.getAttribute("aria-pressed") !== "true");
  }

  fullScreen(wanted) {
    const page = this.root.ownerDocument;
    if (wanted) this.root.requestFullscreen?.().catch(() => {});
    else if (page.fullscreenElement === this.root) page.exitFullscreen().catch(() => {});
  }

  floats(key) {
    const held = this.arrays[key];
    return held ? new Float32Array(held.buffer.slice(held.byteOffset, held.byteOffset + held.byteLength)) : null;
  }

  bytes(key) {
    const held = this.arrays[key];
    if (!held) return null;
    this.views = this.views || new WeakMap();
    if (!this.views.has(held)) this.views.set(held, new Uint8Array(held.buffer, held.byteOffset, held.byteLength));
    return this.views.get(held);
  }

  // How large type is here, of the size that lengths in pixels were written for.
  zoom() {
    return parseFloat(getComputedStyle(this.root).fontSize) / 15;
  }

  // The height of all that stands above and below an element of the widget.
  around(element) {
    const parts = [this.gone, this.fault, this.body].filter((part) => !part.hidden);
    return parts.reduce((sum, part) => sum + part.offsetHeight, 0) - element.offsetHeight;
  }

  // The height that a widget may take without being scrolled.
  room() {
    if (document.fullscreenElement === this.root) return this.root.clientHeight - 36;
    const pane = this.host.closest(".jp-WindowedPanel-outer, .jp-Notebook");
    return (pane ? pane.clientHeight : window.innerHeight) - 24;
  }
}

function collect(node, found) {
  if (node.name) found.set(node.name, node);
  for (const child of node.children || []) collect(child, found);
}

export default {
  render({ model, el }) {
    const stage = new Stage(model, el);
    return () => stage.close();
  },
};
