/**
 * The program of the page. It decides as the library does: an image is flagged where its score is above the threshold by more
 * than a rounding (`exceeds` in scoring/ties.ts), and the highest value of its map is that score. Only maps that are on the
 * screen are drawn.
 */
export const GALLERY_SCRIPT: string = `"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const list = byId("images"), large = byId("large"), canvasOfLarge = large.querySelector("canvas");
const tiles = [...list.children].map((item, k) => ({ ...data.images[k], item, link: item.firstElementChild,
  canvas: item.querySelector("canvas"), image: item.querySelector("img"), codes: undefined, dirty: true, visible: false }));
const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const colours = bytes(data.colours);
let threshold = data.threshold, opacity = 0.6, shown = -1;

const exceeds = (score) =>
  Math.fround(Math.min(score * (1 - data.tie), score * (1 + data.tie), score - data.leastTie)) > Math.fround(threshold);
const text = (value) => {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e9) ? value.toExponential(3) : String(Number(value.toPrecision(4)));
};

async function unpack(tile) {
  const stream = new Blob([bytes(tile.map.packed)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const codes = new Uint8Array(await new Response(stream).arrayBuffer());
  for (let k = 1; k < codes.length; k++) codes[k] += codes[k - 1];
  return codes;
}
const codesOf = (tile) => (tile.codes ??= unpack(tile));

/** The map in colour, one pixel each, as opaque as it is high. */
function coloured({ map }, codes) {
  const canvas = document.createElement("canvas");
  canvas.width = map.width;
  canvas.height = map.height;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(map.width, map.height);
  const { low, high } = data.scale;
  codes.forEach((code, k) => {
    const t = Math.min(1, Math.max(0, (map.offset + map.step * code - low) / (high - low)));
    const colour = 3 * Math.round(255 * t);
    picture.data.set([colours[colour], colours[colour + 1], colours[colour + 2], Math.round(255 * t)], 4 * k);
  });
  context.putImageData(picture, 0, 0);
  return canvas;
}

/** Lines between pixels of the map that are above the threshold and those that are not. */
function contours({ map: { width, height, offset, step }, score }, codes, scaleX, scaleY) {
  const path = new Path2D();
  const highest = codes.reduce((most, code) => Math.max(most, code), 0);
  const above = Uint8Array.from(codes, (code) => exceeds(code === highest ? score : Math.min(score, offset + step * code)) ? 1 : 0);
  const at = (x, y) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : above[y * width + x]);
  const line = (x0, y0, x1, y1) => {
    path.moveTo(x0 * scaleX, y0 * scaleY);
    path.lineTo(x1 * scaleX, y1 * scaleY);
  };
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      if (at(x, y) !== at(x, y - 1)) line(x, y, x + 1, y);
      if (at(x, y) !== at(x - 1, y)) line(x, y, x, y + 1);
    }
  }
  return path;
}

async function draw(tile, canvas, image) {
  const codes = await codesOf(tile);
  // It has left the screen meanwhile.
  if (canvas === tile.canvas && !tile.visible) return void (tile.dirty = true);
  const ratio = Math.min(2, devicePixelRatio || 1);
  const width = Math.max(1, Math.round(image.clientWidth * ratio)), height = Math.max(1, Math.round(image.clientHeight * ratio));
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  context.globalAlpha = opacity;
  tile.picture ??= coloured(tile, codes);
  context.drawImage(tile.picture, 0, 0, width, height);
  context.globalAlpha = 1;
  if (!exceeds(tile.score)) return;
  const path = contours(tile, codes, width / tile.map.width, height / tile.map.height);
  context.lineCap = "round";
  for (const [colour, thickness] of [["#000", 4], ["#fff", 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = thickness * ratio;
    context.stroke(path);
  }
}

let frame = 0;
function refresh() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    for (const tile of tiles) {
      if (!tile.dirty || !tile.visible || tile.item.hidden) continue;
      tile.dirty = false;
      draw(tile, tile.canvas, tile.image);
    }
    if (shown >= 0 && large.open) draw(tiles[shown], canvasOfLarge, byId("large-image"));
  });
}
const redraw = () => {
  for (const tile of tiles) tile.dirty = true;
  refresh();
};

/** What was drawn of a tile that has left the screen: of thousands it would fill the memory. */
function free(tile) {
  tile.codes = tile.picture = undefined;
  tile.canvas.width = tile.canvas.height = 0;
  tile.dirty = true;
}

/** Flags all images anew. */
function decide() {
  let flagged = 0;
  for (const tile of tiles) {
    const above = exceeds(tile.score);
    flagged += above ? 1 : 0;
    tile.item.className = above ? "flagged" : "passed";
    tile.item.querySelector(".verdict").textContent = above ? "flagged" : "passed";
    tile.item.hidden = byId("flagged").checked && !above;
  }
  const normals = data.calibration.length, alarms = data.calibration.filter((score) => exceeds(score)).length;
  byId("status").textContent = flagged + " of " + tiles.length + " images are flagged at " + text(threshold) + "; of " + normals +
    " normal images held out, " + alarms + " would be.";
  if (shown >= 0) describe();
  redraw();
}

const scores = [...tiles.map(({ score }) => score), data.threshold];
const [least, most] = [Math.min(...scores), Math.max(...scores)];
const margin = (most - least || 1) / 50;
const slider = byId("threshold"), number = byId("threshold-number");
slider.min = least - margin;
slider.max = most + margin;
slider.step = margin / 20;
function setThreshold(value, from) {
  threshold = value;
  if (from !== slider) slider.value = value;
  if (from !== number) number.value = text(value);
  slider.setAttribute("aria-valuetext", text(value));
  decide();
}
slider.addEventListener("input", () => setThreshold(Number(slider.value), slider));
number.addEventListener("input", () => {
  if (number.value !== "" && Number.isFinite(Number(number.value))) setThreshold(Number(number.value), number);
});
byId("reset").addEventListener("click", () => setThreshold(data.threshold));
byId("flagged").addEventListener("change", decide);
byId("opacity").addEventListener("input", ({ target }) => {
  opacity = target.value / 100;
  byId("opacity-text").textContent = target.value + " %";
  redraw();
});
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());

/** The large view. */
function describe() {
  const { name, score, height, width, item } = tiles[shown];
  byId("large-name").textContent = name;
  byId("large-facts").textContent = item.querySelector(".facts").textContent + ", " + width + " x " + height + " pixels, " +
    (shown + 1) + " of " + tiles.length;
}
/** As large as there is room, in the proportions of the original. */
function fit() {
  const { width, height } = tiles[shown], { style } = byId("large-image");
  const room = large.clientWidth - 2 * parseFloat(getComputedStyle(large).paddingLeft);
  const scale = Math.min(room / width, (0.74 * innerHeight) / height);
  style.width = scale * width + "px";
  style.height = scale * height + "px";
}
function show(k) {
  shown = k;
  const image = byId("large-image");
  image.src = tiles[k].image.src;
  if (!large.open) {
    large.showModal();
    // Not the first button: space is for the map.
    large.focus();
  }
  fit();
  describe();
  (image.decode ? image.decode().catch(() => {}) : Promise.resolve()).then(refresh);
}
const listed = () => tiles.map((_, k) => k).filter((k) => !tiles[k].item.hidden);
function step(by) {
  const there = listed(), next = there[there.indexOf(shown) + by];
  if (next !== undefined) show(next);
}
byId("previous").addEventListener("click", () => step(-1));
byId("next").addEventListener("click", () => step(1));
byId("close").addEventListener("click", () => large.close());
large.addEventListener("close", () => {
  const tile = tiles[shown];
  shown = -1;
  if (tile && !tile.item.hidden) tile.link.focus();
});
tiles.forEach(({ link }, k) => link.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(k);
}));

const toggle = () => document.body.classList.toggle("plain");
document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.altKey || event.ctrlKey || event.metaKey || target.closest("input, form button")) return;
  if (key === " ") {
    if (target.closest("button")) return;
    event.preventDefault();
    if (!event.repeat) toggle();
    return;
  }
  if (large.open) {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key];
    if (by === undefined) return;
    event.preventDefault();
    step(by);
    return;
  }
  const there = listed();
  if (there.length === 0) return;
  const at = there.findIndex((k) => tiles[k].link === document.activeElement);
  const top = tiles[there[0]].item.offsetTop;
  const second = there.findIndex((k) => tiles[k].item.offsetTop !== top);
  const columns = second < 0 ? there.length : second;
  const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -there.length, End: there.length }[key];
  if (move === undefined || (at < 0 && (key === "Home" || key === "End"))) return;
  event.preventDefault();
  const to = at < 0 ? 0 : key === "Home" || key === "End" ? Math.min(there.length - 1, Math.max(0, at + move)) : at + move;
  if (there[to] !== undefined) tiles[there[to]].link.focus();
});

const watch = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const tile = tiles[Number(target.id.slice(6)) - 1];
    tile.visible = isIntersecting;
    if (!isIntersecting) free(tile);
  }
  refresh();
}, { rootMargin: "300px" });
for (const { item } of tiles) watch.observe(item);
tiles.forEach((tile) => tile.image.addEventListener("load", () => {
  tile.dirty = true;
  refresh();
}));
addEventListener("resize", () => {
  if (shown >= 0) fit();
  redraw();
});
setThreshold(threshold);
`;
