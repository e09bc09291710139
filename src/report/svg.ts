/** Markup as text: enough of it to draw charts that need no script and no style sheet from elsewhere. */
import { printableLine } from "../text/printable.js";

export type AttributeValues = Readonly<Record<string, string | number | undefined>>;

/** Of a text that anybody may have written. */
export function escapeText(text: string): string {
  return printableLine(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** An element; children are markup, made by this function or by `escapeText`. */
export function element(name: string, attributes: AttributeValues, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => ` ${key}="${escapeText(String(typeof value === "number" ? rounded(value) : value))}"`,
    )
    .join("");
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join("")}</${name}>`;
}

/** Coordinates need no more than hundredths of a pixel. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export function pathThrough(points: readonly Point[]): string {
  return points.map(({ x, y }, k) => `${k === 0 ? "M" : "L"}${rounded(x)} ${rounded(y)}`).join("");
}

export type Scale = (value: number) => number;

export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const span = domain[1] - domain[0];
  return (value) => range[0] + (span === 0 ? 0.5 : (value - domain[0]) / span) * (range[1] - range[0]);
}
