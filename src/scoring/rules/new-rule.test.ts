/** What a new rule takes: an object of its own, and a line in the list. Texts, decisions and promises follow. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { describePromise } from "../../model/index.js";
import { normalThreshold } from "../conformal/calibration.js";
import { applyRule, type NormalRule, parseRule, ruleOf, ruleText, thresholdRules } from "../index.js";

const largest: NormalRule = {
  name: "largest",
  summary: "the largest calibration score, and a margin",
  needs: "normals",
  example: "largest 10%",
  parameters: [
    {
      name: "margin",
      kind: "share",
      range: [0, 1, "closed"],
      default: 0,
      summary: "share of the largest score that is added to it",
    },
  ],
  apply: (scores, { margin }) => {
    const sorted = Float64Array.from(scores).sort();
    return normalThreshold(sorted, sorted.at(-1)! * (1 + margin!), "largest", { margin: margin! });
  },
  guarantee: ({ calibrationSize }) => `None of the ${calibrationSize} rows was above it.`,
};

const list = thresholdRules as Record<string, NormalRule>;
beforeAll(() => {
  list["largest"] = largest;
});
afterAll(() => {
  delete list["largest"];
});

test("it is read, written and applied like all others", () => {
  const rule = parseRule("largest 10%");
  expect(rule).toEqual({ name: "largest", parameters: { margin: 0.1 } });
  expect(parseRule("largest").parameters).toEqual({ margin: 0 });
  const threshold = applyRule(rule, [1, 3, 2]);
  expect(threshold).toMatchObject({ method: "largest", calibrationSize: 3, expectedFalseAlarmRate: 0.25 });
  expect(threshold.threshold).toBeCloseTo(3.3, 12);
  expect(ruleText(ruleOf(threshold)!)).toBe("largest 10%");
});

test("it is refused with its own words, and named where another one is refused", () => {
  expect(() => parseRule("largest 200%")).toThrow(/largest: share of the largest score.* is "200%"/);
  expect(() => parseRule("largst 10%")).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('Did you mean "largest"?') }),
  );
});

test("it says what it promises", () => {
  const threshold = applyRule(parseRule("largest"), [1, 3, 2]);
  expect(describePromise(threshold, { options: {} })).toBe("None of the 3 rows was above it.");
});
