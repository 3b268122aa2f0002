// ECG paper and what is drawn on it. One scale serves both directions: 25 mm a second, 10 mm a millivolt.

const MM_PER_SECOND = 25;
const MM_PER_MILLIVOLT = 10;
const PULSE = [[-0.5, 0], [-0.4, 0], [-0.4, 1], [-0.2, 1], [-0.2, 0], [-0.1, 0]];
const LEAST_FOR_FINE_LINES = 2; // pixels a millimetre
const FAINTEST = 0.03;

class Scale {
  constructor(spec, pixelsPerMm) {
    this.start = spec.start;
    this.end = spec.end;
    this.low = spec.low;
    this.high = spec.high;
    this.mm = pixelsPerMm;
    this.width = (this.end - this.start) * MM_PER_SECOND * pixelsPerMm;
    this.height = (this.high - this.low) * MM_PER_MILLIVOLT * pixelsPerMm;
  }
  x(seconds) { return (seconds - this.start) * MM_PER_SECOND * this.mm; }
  y(millivolt) { return (this.high - millivolt) * MM_PER_MILLIVOLT * this.mm; }
  seconds(x) { return this.start + x / (MM_PER_SECOND * this.mm); }
}

// A canvas of so many pixels of the page, sharp on screens that have more.
function sized(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const wide = Math.round(width * ratio), high = Math.round(height * ratio);
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

function drawLines(pen, scale, look) {
  const kinds = [[5, look.strong_line, 1]];
  if (scale.mm >= LEAST_FOR_FINE_LINES) kinds.unshift([1, look.fine_line, 1]);
  for (const [mm, colour, width] of kinds) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    const [first, last] = [Math.ceil(scale.start * MM_PER_SECOND / mm), Math.floor(scale.end * MM_PER_SECOND / mm)];
    for (let line = first; line <= last; line++) {
      if (mm === 1 && line % 5 === 0) continue;
      const x = scale.x(line * mm / MM_PER_SECOND);
      pen.moveTo(x, 0);
      pen.lineTo(x, scale.height);
    }
    const [low, high] = [Math.ceil(scale.low * MM_PER_MILLIVOLT / mm), Math.floor(scale.high * MM_PER_MILLIVOLT / mm)];
    for (let line = low; line <= high; line++) {
      if (mm === 1 && line % 5 === 0) continue;
      const y = scale.y(line * mm / MM_PER_MILLIVOLT);
      pen.moveTo(0, y);
      pen.lineTo(scale.width, y);
    }
    pen.stroke();
  }
}

function drawLine(pen, points, colour, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.lineJoin = "round";
  pen.beginPath();
  points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
}

function drawTrace(pen, scale, trace, look) {
  const seconds = 10 / trace.length;
  drawLine(pen, PULSE.map(([time, millivolt]) => [scale.x(time), scale.y(millivolt)]), look.ink, 1.2);
  pen.strokeStyle = look.ink;
  pen.lineWidth = Math.max(1.2, 0.36 * scale.mm);
  pen.lineJoin = "round";
  pen.beginPath();
  for (let sample = 0; sample < trace.length; sample++) {
    const x = scale.x(sample * seconds), y = scale.y(trace[sample]);
    if (sample) pen.lineTo(x, y); else pen.moveTo(x, y);
  }
  pen.stroke();
}

// Colour along the trace, segment by segment; below the faintest share it is the paper's own colour.
function drawHeat(pen, scale, trace, heat, palette) {
  const each = trace.length / heat.length, seconds = 10 / trace.length;
  pen.lineWidth = 2.6 * scale.mm;
  pen.lineCap = pen.lineJoin = "round";
  for (let segment = 0; segment < heat.length; segment++) {
    if (heat[segment] < 255 * FAINTEST) continue;
    pen.strokeStyle = palette[heat[segment]];
    pen.beginPath();
    const last = Math.min(trace.length - 1, (segment + 1) * each);
    for (let sample = segment * each; sample <= last; sample += 2) {
      pen.lineTo(scale.x(sample * seconds), scale.y(trace[sample]));
    }
    pen.stroke();
  }
  pen.lineCap = "butt";
}

// Values 0 to 255 as an image of so many columns; `colour` gives red, green, blue and opacity of each.
function picture(values, columns, colour) {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = values.length / columns;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(canvas.width, canvas.height);
  for (let index = 0; index < values.length; index++) image.data.set(colour(values[index]), 4 * index);
  pen.putImageData(image, 0, 0);
  return canvas;
}

function drawPicture(pen, scale, image, span) {
  pen.imageSmoothingEnabled = true;
  pen.imageSmoothingQuality = "high";
  const [x, y] = [scale.x(0), scale.y(span[1])];
  pen.drawImage(image, x, y, scale.x(10) - x, scale.y(span[0]) - y);
}

function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

// 256 colours between anchors that are equally far apart.
function paletteOf(anchors) {
  const held = anchors.map(rgb);
  return Array.from({ length: 256 }, (_, level) => {
    const at = level / 255 * (held.length - 1), first = Math.min(Math.floor(at), held.length - 2);
    const mixed = held[first].map((one, channel) => Math.round(one + (at - first) * (held[first + 1][channel] - one)));
    return `#${mixed.map((one) => one.toString(16).padStart(2, "0")).join("")}`;
  });
}

const HATCHES = {
  "/": [[0, 8, 8, 0]],
  "\\": [[0, 0, 8, 8]],
  "x": [[0, 8, 8, 0], [0, 0, 8, 8]],
  "-": [[0, 4, 8, 4]],
  ".": [[3, 4, 5, 4]],
};

function hatch(pen, kind, colour) {
  const lines = HATCHES[kind];
  if (!lines) return null;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const brush = tile.getContext("2d");
  brush.strokeStyle = colour;
  brush.lineWidth = 1.4;
  for (const [x, y, toX, toY] of lines) {
    brush.beginPath();
    brush.moveTo(x, y);
    brush.lineTo(toX, toY);
    brush.stroke();
  }
  return pen.createPattern(tile, "repeat");
}

function fillHatched(pen, left, top, width, height, colour, kind, lineColour) {
  pen.fillStyle = colour;
  pen.fillRect(left, top, width, height);
  const pattern = hatch(pen, kind, lineColour);
  if (!pattern) return;
  pen.fillStyle = pattern;
  pen.fillRect(left, top, width, height);
}
