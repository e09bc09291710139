import { describe, expect, it, test } from "vitest";
import { HypersphereError } from "../../errors.js";
import { createRandom } from "../../math/random.js";
import {
  alertsPerDayThreshold,
  applyLabelledRule,
  applyRule,
  calibrationSizeForRule,
  contaminationThreshold,
  costThreshold,
  expectedFalseAlarmRate,
  f1Threshold,
  falseAlarmsThreshold,
  iqrThreshold,
  meanSigmaThreshold,
  parseRule,
  percentileThreshold,
  potThreshold,
  robustZThreshold,
  ruleOf,
  ruleText,
  type Threshold,
  thresholdRules,
} from "../index.js";

const stream = createRandom(6).stream("scores");
const scores = Float32Array.from({ length: 2000 }, () => Math.exp(stream.normal()));
const labels = scores.map((score, row) => Number(score > 4 || row % 50 === 0));

/** Text, the parameters it means, and the same by calling the function; texts in the form that `ruleText` writes. */
const rules: [string, Record<string, number>, () => Threshold][] = [
  ["false-alarms 1%", { rate: 0.01 }, () => falseAlarmsThreshold(scores, 0.01)],
  [
    "false-alarms 1% confidence 95%",
    { rate: 0.01, confidence: 0.95 },
    () => falseAlarmsThreshold(scores, 0.01, { confidence: 0.95 }),
  ],
  ["alerts-per-day 3 of 1440", { alerts: 3, rowsPerDay: 1440 }, () => alertsPerDayThreshold(scores, 3, 1440)],
  ["percentile 99", { percentile: 99 }, () => percentileThreshold(scores, 99)],
  ["mean-sigma 3", { k: 3, ddof: 0 }, () => meanSigmaThreshold(scores, 3)],
  ["mean-sigma 2.5 ddof 1", { k: 2.5, ddof: 1 }, () => meanSigmaThreshold(scores, 2.5, 1)],
  ["contamination 5%", { rate: 0.05 }, () => contaminationThreshold(scores, 0.05)],
  ["iqr 1.5", { factor: 1.5 }, () => iqrThreshold(scores)],
  ["robust-z 3.5", { cutoff: 3.5 }, () => robustZThreshold(scores)],
  ["pot 0.1%", { rate: 0.001, level: 98 }, () => potThreshold(scores, 0.001)],
  ["pot 0.1% level 95", { rate: 0.001, level: 95 }, () => potThreshold(scores, 0.001, { level: 95 })],
  ["f1", {}, () => f1Threshold(scores, labels)],
  [
    "cost 1:20",
    { falseAlarm: 1, miss: 20 },
    () => costThreshold(scores, labels, { falseAlarm: 1, miss: 20 }),
  ],
  [
    "cost 1:20 prevalence 0.5%",
    { falseAlarm: 1, miss: 20, prevalence: 0.005 },
    () => costThreshold(scores, labels, { falseAlarm: 1, miss: 20, prevalence: 0.005 }),
  ],
];

describe.each(rules)("%s", (text, parameters, direct) => {
  const rule = parseRule(text);
  const decide = (): Threshold =>
    thresholdRules[rule.name]!.needs === "normals"
      ? applyRule(rule, scores)
      : applyLabelledRule(rule, scores, labels);

  test("means what it says, and is what the function answers", () => {
    expect(rule.parameters).toEqual(parameters);
    expect(decide()).toEqual(direct());
  });

  test("is found again from its threshold, and written as it was", () => {
    expect(ruleText(rule)).toBe(text);
    const found = ruleOf(decide())!;
    expect(found.name).toBe(rule.name);
    expect(found.parameters).toMatchObject(parameters);
    expect(parseRule(ruleText(found))).toEqual(found);
  });
});

it("covers every rule there is, each with an example that works", () => {
  const names = new Set(rules.map(([text]) => parseRule(text).name));
  expect([...names].sort()).toEqual(Object.keys(thresholdRules).sort());
  for (const [name, { example }] of Object.entries(thresholdRules))
    expect(parseRule(example).name).toBe(name);
});

it("decides as counted by hand", () => {
  const ten = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
  // (9 + 1) 0.8 = 8: the eighth smallest.
  expect(applyRule(parseRule("false-alarms 20%"), ten).threshold).toBe(0.8);
  expect(applyRule(parseRule("percentile 95"), [1, 2, 3, 4, 10]).threshold).toBeCloseTo(8.8, 12);
  expect(applyRule(parseRule("mean-sigma 1"), [1, 2, 3, 4, 10]).threshold).toBeCloseTo(4 + 3.16227766, 8);
  expect(applyRule(parseRule("mean-sigma 1 ddof 1"), [1, 2, 3, 4, 10]).threshold).toBeCloseTo(
    4 + 3.53553391,
    8,
  );
  // Flagging 3 and 4 finds both anomalies without a false alarm; half-way down to 2.
  expect(applyLabelledRule(parseRule("f1"), [1, 2, 3, 4], [0, 0, 1, 1]).threshold).toBe(2.5);
  expect(expectedFalseAlarmRate(ten, 0.75)).toBeCloseTo((1 + 2) / 10, 12);
});

describe("numbers", () => {
  test("percentiles: 99 and 99% are the same, shares are refused with what is meant by them", () => {
    for (const text of ["percentile 99", "Percentile 99 %"])
      expect(parseRule(text).parameters).toEqual({ percentile: 99 });
    expect(parseRule("percentile 99.9").parameters["percentile"]).toBe(99.9);
    expect(() => parseRule("percentile 0.99")).toThrow(/is "0\.99", .* below 100 \(did you mean 99\?\)\./);
    expect(() => parseRule("pot 0.1% level .95")).toThrow(/\(did you mean 95\?\)\./);
    for (const wrong of ["1", "0", "100", "100%", "101", "-5", "x", "NaN"])
      expect(() => parseRule(`percentile ${wrong}`), wrong).toThrow(
        /expected a percentile above 1 and below 100\.$/,
      );
  });

  test("shares: 1% and 0.01 are the same, 5 is no share", () => {
    for (const text of ["false-alarms 1%", "false-alarms 0.01", "false-alarms 1e-2", "false-alarms 1.0 %"])
      expect(parseRule(text).parameters).toEqual({ rate: 0.01 });
    expect(() => parseRule("false-alarms 5")).toThrow(/is "5", expected a share such as 5% or 0\.05/);
    expect(() => parseRule("contamination 60%")).toThrow(/above 0 and below 50%/);
    expect(() => parseRule("mean-sigma 3%")).toThrow(/expected a number of at least 0/);
    expect(() => parseRule("mean-sigma 3 ddof 2")).toThrow(/expected 0 or 1/);
    expect(() => parseRule("cost 0:1")).toThrow(/expected a number above 0/);
  });
});

describe("what it refuses", () => {
  const hintOf = (action: () => unknown): string => {
    try {
      action();
    } catch (error) {
      return (error as HypersphereError).hint ?? "";
    }
    throw new Error("nothing was thrown");
  };

  test("unknown rules, with the list of those there are", () => {
    const hint = hintOf(() => parseRule("percentil 99"));
    expect(hint).toContain('Did you mean "percentile"?');
    for (const name of Object.keys(thresholdRules)) expect(hint).toContain(name);
    expect(() => parseRule("")).toThrow(HypersphereError);
    expect(() => parseRule("constructor")).toThrow(/no threshold rule "constructor"/);
  });

  test.each([
    ["0.99", '"percentile 99", or "false-alarms 1%"'],
    ["99", '"percentile 99", or "false-alarms 1%"'],
    ["99.9%", '"percentile 99.9", or "false-alarms 0.1%"'],
    ["0.05", '"percentile 95", or "false-alarms 5%"'],
    ["1%", '"percentile 99", or "false-alarms 1%"'],
    ["120", '"false-alarms 1%" or "percentile 99"'],
  ])("a number alone (%s), with rules that it may be meant for", (text, meant) => {
    expect(() => parseRule(text)).toThrow(/no name of a rule before/);
    expect(hintOf(() => parseRule(text))).toContain(meant);
  });

  test("missing, spare and repeated values, with how it is written", () => {
    expect(() => parseRule("percentile")).toThrow(/is missing/);
    expect(() => parseRule("cost 1")).toThrow(/cost of missing an anomaly is missing/);
    expect(() => parseRule("f1 3")).toThrow(/not understood at "3"/);
    expect(() => parseRule("false-alarms 1% confidence")).toThrow(/not understood at "confidence"/);
    expect(() => parseRule("false-alarms 1% confidence 90% confidence 95%")).toThrow(/not understood/);
    expect(hintOf(() => parseRule("false-alarms 1% sure 95%"))).toMatch(/"false-alarms 1%".*"confidence"/);
  });

  test("parameters that contradict each other", () => {
    expect(() => parseRule("alerts-per-day 1440 of 1440")).toThrow(/would be all of them/);
    expect(() => parseRule("pot 2%")).toThrow(/no rarer than the tail/);
  });

  test("labels where there are none, and labels of one kind", () => {
    expect(() => applyRule(parseRule("f1"), scores)).toThrow(/needs rows with labels/);
    expect(() => applyLabelledRule(parseRule("iqr"), scores, labels)).toThrow(/without labels/);
    for (const text of ["f1", "cost 1:20"]) {
      expect(() => applyLabelledRule(parseRule(text), [1, 2], [0, 0])).toThrow(
        /every one of the 2 rows is normal/,
      );
      expect(() => applyLabelledRule(parseRule(text), [1, 2], [1, 1])).toThrow(/is an anomaly/);
    }
  });
});

describe("the calibration size a rule needs", () => {
  const size = (text: string): number => calibrationSizeForRule(parseRule(text));
  const worksWith = (text: string, n: number): boolean => {
    try {
      applyRule(
        parseRule(text),
        Float64Array.from({ length: n }, (_, i) => Math.exp(i / n)),
      );
      return true;
    } catch {
      return false;
    }
  };

  test.each([
    ["false-alarms 1%", 99],
    ["false-alarms 1% confidence 95%", 299],
    ["false-alarms 5% confidence 95%", 59],
    ["alerts-per-day 3 of 1440", 479],
    ["pot 0.1%", 452],
    ["pot 0.1% level 90%", 92],
    ["mean-sigma 3 ddof 1", 2],
    ["percentile 99.9", 1],
  ])("%s: %i, and not one less", (text, needed) => {
    expect(size(text)).toBe(needed);
    expect(worksWith(text, needed)).toBe(true);
    expect(worksWith(text, needed - 1)).toBe(false);
  });
});

it("a rule that is no text and lacks what it needs is refused with the way to write it", () => {
  for (const rule of [
    { name: "false-alarms", rate: 0.1 },
    { name: "false-alarms", parameters: { share: 0.1 } },
  ]) {
    expect(() => applyRule(rule as never, [1, 2, 3])).toThrow(
      expect.objectContaining({
        code: "invalid-option",
        message: 'The rule false-alarms lacks its parameter "rate".',
        hint: expect.stringContaining('"false-alarms 1%"'),
      }),
    );
  }
  expect(() => applyRule(0.1 as never, [1, 2, 3])).toThrow(/There is no threshold rule "undefined"/);
});
