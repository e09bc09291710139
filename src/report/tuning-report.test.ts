import { expect, test } from "vitest";
import type { TuneTrial, Tuning } from "../evaluate/tune/index.js";
import type { SearchSpace } from "../search/index.js";
import { parallelPlot } from "./parallel-plot.js";
import { tuningReport } from "./tuning-report.js";

const space: SearchSpace = {
  kernel: { kind: "choice", values: ["rbf", "linear"] },
  gamma: { kind: "number", low: 0.01, high: 1, log: true, when: { option: "kernel", is: ["rbf"] } },
};
const trials: TuneTrial[] = [
  {
    number: 0,
    point: { kernel: "rbf" },
    value: 0.5,
    values: [0.5],
    parts: { separation: 0.5, stability: 0.7 },
  },
  {
    ...{ number: 1, point: { kernel: "rbf", gamma: 0.1 }, value: 0.9, values: [0.9] },
    parts: { separation: 0.9, stability: 0.8 },
  },
  { number: 2, point: { kernel: "linear" }, error: "<b>broken</b>" },
];
const tuning: Tuning = {
  ...{
    detector: "one-class-svm",
    objective: "separation",
    options: { kernel: "rbf", gamma: 0.1 },
    space,
    trials,
  },
  ...{ defaultIsAsGood: false, best: trials[1]!, importance: { gamma: 0.75, kernel: 0.25 } },
  gain: { mean: 0.4, lower: 0.3, upper: 0.5, repeats: 8, least: 0, worse: [] },
  notes: ["1 trial of 3 failed."],
};

test("a line per trial with a value passes through its options; one without an option passes below", () => {
  const plot = parallelPlot(space, trials, "separation", 1);
  const paths = [...plot.matchAll(/<path d="([^"]+)"/g)].map(([, d]) => d!.match(/[\d.]+/g)!.map(Number));
  expect(paths).toHaveLength(2);
  // The worst first: rbf at the bottom, below the axis of gamma, the lowest value.
  expect(paths[0]).toEqual([70, 250, 200, 276, 330, 250]);
  // 0.1 lies in the middle between 0.01 and 1.
  expect(paths[1]).toEqual([70, 250, 200, 142, 330, 34]);
  expect(plot.match(/<path [^>]*stroke-dasharray="6 4"/g)).toHaveLength(1);
  // Of two with the highest value the best is above the other.
  const twice = [...trials, { ...trials[1]!, number: 3 }];
  expect(parallelPlot(space, twice, "separation", 1)).toMatch(/stroke="#000"[^>]*\/><line/);
});

test("the page says what was found, what decides, what was tried and what failed, as text", () => {
  const html = tuningReport({
    tuning,
    source: "plant & co.csv",
    settings: { seed: "0" },
    answer: "Trial 1 is better.",
  });
  expect(html).toContain("Trial 1 is better.");
  expect(html).toContain("plant &#38; co.csv");
  expect(html).not.toContain("<b>broken");
  expect(html).toContain("&#60;b&#62;broken");
  expect(html).not.toMatch(/<script|src=|href=/);
  expect(html.indexOf("gamma 0.1")).toBeLessThan(html.indexOf("defaults: kernel rbf"));
  expect(html).toContain("0.75");
  // Without a failure and too few trials for an importance, these parts are left out.
  const short = tuningReport({
    ...{ source: "a", settings: {}, answer: "b" },
    tuning: { ...tuning, importance: null, trials: trials.slice(0, 2) },
  });
  expect(short).not.toMatch(/What decides|Failures/);
});
