import { describe, expect, it } from "vitest";
import { failedRow, goodRow } from "../../test/comparison-rows.js";
import type { JobRow } from "../evaluate/compare/index.js";
import { comparisonReport } from "./comparison-report.js";
import { seriesStyle } from "./series-style.js";

const VOID = new Set(["meta", "br", "hr", "img", "link", "input"]);

interface Tag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Reads markup as strictly as XML: every tag is closed in order, every value quoted, nothing stands bare. */
function parse(html: string): { tags: Tag[]; text: string } {
  const tags: Tag[] = [];
  const open: string[] = [];
  let text = "";
  let at = html.indexOf("<html");
  expect(html.slice(0, at).trim()).toBe("<!doctype html>");
  while (at < html.length) {
    const next = html.indexOf("<", at);
    const between = html.slice(at, next < 0 ? undefined : next);
    if (open.at(-1) !== "style") {
      expect(between).not.toMatch(/>|&(?!#\d+;)/);
      text += `${between.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))}\n`;
    }
    if (next < 0) break;
    const match = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?: [a-zA-Z][-:\w]*="[^"<>]*")*) ?(\/?)>/.exec(
      html.slice(next),
    );
    if (match === null) throw new Error(`Not well-formed: ${html.slice(next, next + 80)}`);
    const [whole, closing, name, attributes, selfClosing] = match as unknown as [
      string,
      string,
      string,
      string,
      string,
    ];
    if (closing) expect(open.pop(), whole).toBe(name);
    else {
      const pairs = [...attributes.matchAll(/ ([-:\w]+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]);
      expect(new Set(pairs.map(([key]) => key)).size, whole).toBe(pairs.length);
      tags.push({ name, attributes: Object.fromEntries(pairs) });
      if (!selfClosing && !VOID.has(name)) open.push(name);
    }
    at = next + whole.length;
  }
  expect(open).toEqual([]);
  return { tags, text };
}

const report = (
  rows: readonly JobRow[],
  settings: Record<string, string> = { protocol: "one-class" },
): string => comparisonReport({ rows, settings });
const rows = ["a", "b"].flatMap((dataset) =>
  ["knn", "pca", "deep-svdd"].flatMap((detector, k) =>
    [0, 1].map((seed) =>
      goodRow(dataset, detector, seed, {
        auroc: 0.9 - 0.05 * k - 0.01 * seed,
        untrainedAuroc: detector === "deep-svdd" ? 0.7 : null,
      }),
    ),
  ),
);

describe("comparisonReport", () => {
  it("is well-formed, and has no number that is none", () => {
    const { tags, text } = parse(report(rows));
    expect(tags.filter(({ name }) => name === "svg").length).toBeGreaterThan(8);
    expect(text).toContain("Use knn here");
    expect(report(rows)).not.toMatch(/NaN|Infinity|undefined|\bnull\b/);
  });

  it("has columns for pixels where a detector has such figures", () => {
    expect(report(rows)).not.toContain("AUPRO");
    const maps = goodRow("a", "maps", 0, { pixelAuroc: 0.98, pixelAveragePrecision: 0.5, pixelAupro: 0.81 });
    const { text } = parse(report([maps, goodRow("a", "knn", 0)]));
    expect(text).toContain("AUPRO");
    expect(text).toContain("0.8100");
  });

  it("says which test rows repeat training rows, once for each data set", () => {
    const repeats = [3, 5].map((count, seed) => goodRow("a", "knn", seed, { repeatedTestRows: count }));
    const { text } = parse(report([...repeats, goodRow("b", "knn", 0)]));
    expect(text.match(/near-duplicate/g)).toHaveLength(1);
    expect(text).toContain("a: of 150 test rows, 5 have near-duplicates among the training rows");
    expect(report(rows)).not.toContain("near-duplicate");
  });

  it("needs nothing beside it: no script, no reference to elsewhere", () => {
    const { tags } = parse(report(rows));
    const names = new Set(tags.map(({ name }) => name));
    for (const name of ["script", "link", "img", "iframe", "object", "embed", "base", "use", "image"])
      expect(names).not.toContain(name);
    for (const { attributes } of tags) {
      expect(Object.keys(attributes).filter((key) => /^(on|src|href|xlink)/.test(key))).toEqual([]);
      for (const value of Object.values(attributes))
        expect(value.replace("url(#hatch)", "")).not.toMatch(/url\(|\/\/|javascript:/i);
    }
    expect(report(rows)).not.toMatch(/@import|https?:/);
  });

  it("tells detectors apart without colour: a letter and a dash pattern each, the same in every chart", () => {
    const html = report(rows);
    const legend = html.slice(html.indexOf('<ul class="legend">'), html.indexOf("</ul>"));
    const items = [...legend.matchAll(/stroke-dasharray="([^"]+)".*?<b>(\w)<\/b> ([^<]+)/g)];
    expect(items.map(([, , letter, name]) => [letter, name])).toEqual([
      ["A", "knn"],
      ["B", "pca"],
      ["C", "deep-svdd"],
    ]);
    expect(new Set(items.map(([, dash]) => dash)).size).toBe(3);
    const series = [...html.matchAll(/<g class="series"><title>([^<]+)<\/title>(.*?)<\/g>/g)];
    expect(series.length).toBe(2 * 2 * 3);
    for (const [, name, content] of series) {
      const [, dash, letter] = items.find((item) => item[3] === name)!;
      expect(content).toContain(`stroke-dasharray="${dash}"`);
      expect(content).toContain(`>${letter}</text>`);
    }
  });

  it("has a band where there are several seeds", () => {
    const bands = (html: string): number => html.match(/fill-opacity="0.15"/g)?.length ?? 0;
    expect(bands(report(rows))).toBe(2 * 2 * 3);
    expect(bands(report(rows.filter(({ seed }) => seed === 0)))).toBe(0);
  });

  it("is the same in whatever order the runs ended", () => {
    const bySeed = [...rows].sort((a, b) => b.seed - a.seed);
    expect(report(bySeed)).toBe(report(rows));
  });

  it("shows hostile names as text", () => {
    const name = `<script>alert("x")</script>&'`;
    const hostile = [
      goodRow(name, "knn", 0, { auroc: 0.9 }),
      goodRow(name, name, 0, { auroc: 0.8 }),
      goodRow("b", "knn", 0, { auroc: 0.9 }),
      failedRow("b", name, 0, `${name} failed`),
    ];
    const { tags, text } = parse(report(hostile, { [name]: name }));
    expect(tags.some((tag) => tag.name === "script")).toBe(false);
    expect(text).toContain(name);
    expect(text).toContain(`${name} failed`);
  });

  it("says failed where there is no figure, and lists the failures", () => {
    const { text } = parse(report([...rows, failedRow("c", "knn", 0, "given up"), goodRow("c", "pca", 0)]));
    expect(text).toContain("Failures");
    expect(text).toContain("given up");
    expect(text).toMatch(/\nfailed\n/);
  });

  it.each([
    ["failures only", [failedRow("a", "knn", 0)]],
    ["nothing", []],
    [
      "a detector without any result",
      [...rows, failedRow("a", "one-class-svm", 0), failedRow("b", "one-class-svm", 0)],
    ],
    [
      "figures that data did not allow",
      [goodRow("a", "knn", 0, { aurocLow: null, aurocHigh: null, precision: null })],
    ],
    [
      "one score for all rows",
      [
        goodRow("a", "knn", 0, {
          threshold: 2,
          curves: {
            ...goodRow("a", "knn", 0).curves,
            histogram: { low: 2, high: 2, logarithmic: false, normal: [3, 0], anomaly: [1, 0] },
          },
        }),
      ],
    ],
  ])("is well-formed for %s", (_, given) => {
    const html = report(given as JobRow[]);
    parse(html);
    expect(html).not.toMatch(/NaN|Infinity|undefined|\bnull\b/);
  });
});

describe("seriesStyle", () => {
  it("is another colour or dash for each of 26 detectors, and another letter", () => {
    const styles = Array.from({ length: 26 }, (_, k) => seriesStyle(k));
    expect(new Set(styles.map(({ letter }) => letter)).size).toBe(26);
    expect(new Set(styles.map(({ colour, dash }) => colour + dash)).size).toBe(26);
  });
});
