import type { Picture, ReconstructedRow } from "../../learned/index.js";
import { toBase64 } from "../../math/base64.js";
import { figure } from "../../text/format.js";
import { element, escapeText, pathThrough } from "../svg.js";
import { smallPng } from "./png.js";

/** A row as it is shown: a thumbnail, the course of its channels, or the values that stand out. */
export async function pictureOf(picture: Picture, alt: string): Promise<string> {
  if (picture.kind === "image") {
    return `<img alt="${escapeText(alt)}" src="data:image/png;base64,${toBase64(await smallPng(picture))}">`;
  }
  if (picture.kind === "course")
    return picture.channels.map(({ name, values }) => sparkline(name, values)).join("");
  return picture.values
    .map(({ name, value }) => `${escapeText(name)} <b>${escapeText(value)}</b>`)
    .join("; ");
}

/** A row beside what a decoder made of it. */
export async function reconstructionOf({
  given,
  made,
  difference,
  error,
}: ReconstructedRow): Promise<string> {
  const caption = `<figcaption>error ${figure(error, 3)}</figcaption>`;
  if (given.kind === "image") {
    const images = [
      await pictureOf(given, "input"),
      await pictureOf(made, "reconstruction"),
      difference === undefined ? "" : await pictureOf(difference, "difference"),
    ];
    return `<figure class="three">${images.join("")}${caption}</figure>`;
  }
  if (given.kind === "course" && made.kind === "course") {
    const lines = given.channels.map(({ name, values }, k) =>
      sparkline(name, values, made.channels[k]?.values),
    );
    return `<figure>${lines.join("")}${caption}</figure>`;
  }
  return "";
}

const SPARK = { width: 230, height: 52, top: 14 };

/** One channel over the steps of a window; beside it, dashed, what was made of it. */
function sparkline(name: string, values: Float32Array, made?: Float32Array): string {
  const all = [...values, ...(made ?? [])].filter(Number.isFinite);
  const [low, high] = all.length === 0 ? [0, 1] : [Math.min(...all), Math.max(...all)];
  const { width, height, top } = SPARK;
  const up = (value: number): number =>
    high > low ? height - 3 - ((value - low) / (high - low)) * (height - top - 6) : (height + top) / 2;
  const line = (own: Float32Array, className: string): string =>
    element("path", {
      class: className,
      d: pathThrough(
        Array.from(own, (value, step) => ({
          x: 2 + (step / Math.max(1, own.length - 1)) * (width - 4),
          y: up(value),
        })).filter(({ y }) => Number.isFinite(y)),
      ),
    });
  return element(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      class: "spark chart",
      role: "img",
      "aria-label": `Course of ${name}`,
    },
    element("text", { x: 2, y: 10 }, escapeText(`${name}, ${figure(low, 3)} to ${figure(high, 3)}`)),
    line(values, "a"),
    made === undefined ? "" : line(made, "b"),
  );
}
