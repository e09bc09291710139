import { describe, expect, it } from "vitest";
import type { ModelCard } from "../model/index.js";
import { adviceOn, LEARNED } from "./advice.js";
import type { ShownScores, TrainingCurve } from "./report.js";

const card = {
  detector: "deep-svdd",
  options: { steps: 300, pretrainSteps: 200 },
  data: { calibration: 1000 },
  threshold: { threshold: 2, expectedFalseAlarmRate: 0.05 },
} as unknown as ModelCard;
const scores = {
  upper: { what: LEARNED, rows: 4000, median: 1 },
  heldOut: { rows: 1000, median: 1.1 },
} as unknown as ShownScores;
const healthy = {
  card,
  curves: [],
  scores,
  agreement: 0.5,
  flagged: { learned: 50, rows: 1000 },
  warnings: [],
};
const curve = (validations: readonly number[], more: Partial<TrainingCurve> = {}): TrainingCurve => ({
  name: "network 1, pretraining",
  stage: "pretraining",
  points: validations.map((validation, k) => ({ epoch: k + 1, loss: validation, validation })),
  ended: "all epochs",
  unit: "epoch",
  kept: validations.length,
  signs: [],
  ...more,
});

describe("advice", () => {
  it("is silent on a training in which nothing is odd", () => {
    expect(adviceOn(healthy)).toEqual([]);
  });

  it.each([
    ["training that changed little", { agreement: 0.99 }, "note", /order before and after/],
    [
      "rows known by heart",
      { scores: { ...scores, heldOut: { rows: 1000, median: 3 } } },
      "note",
      /more normal than rows held out/,
    ],
    [
      "few rows held out",
      { card: { ...card, data: { calibration: 40 } } as ModelCard },
      "warning",
      /40 held-out rows/,
    ],
    ["more alarms than promised", { flagged: { learned: 200, rows: 1000 } }, "warning", /20.0 % of the rows/],
    [
      "a collapse",
      { curves: [curve([1, 1], { ended: "collapse", kept: 1, signs: ["flat"] })] },
      "warning",
      /rolled back to epoch 1: flat/,
    ],
    [
      "a training that was cut off",
      { curves: [curve([9, 8, 7, 6, 5, 4, 3, 2])] },
      "note",
      /still got better/,
    ],
    [
      "what the fit said",
      { warnings: ['Column "x" is left out: it numbers the rows.'] },
      "warning",
      /Column "x"/,
    ],
    ["a sentence that nobody foresaw", { warnings: ["Odd."] }, "warning", /Odd/],
  ] as const)("is given on %s, with what to do", (_, change, weight, what) => {
    const [first, ...rest] = adviceOn({ ...healthy, ...change });
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ weight, what: expect.stringMatching(what) });
    expect(first!.todo.length).toBeGreaterThan(15);
  });

  it("puts warnings first, and says of a collapse once", () => {
    const collapse = curve([1], { ended: "collapse", signs: ["flat"] });
    const all = adviceOn({
      ...healthy,
      agreement: 1,
      curves: [collapse],
      warnings: ["Member 1 of 1 collapsed in pretraining and was rolled back to epoch 1: flat."],
    });
    expect(all.map(({ weight }) => weight)).toEqual(["warning", "note"]);
  });

  it("takes a handful of alarms for chance", () => {
    expect(adviceOn({ ...healthy, flagged: { learned: 4, rows: 30 } })).toEqual([]);
  });
});
