/** Threshold rules as texts ("false-alarms 1%"), and what they decide. */
import { didYouMean } from "../../data/index.js";
import { HypersphereError } from "../../errors.js";
import { countLabels, type Labels } from "../../metrics/labels.js";
import { checkScores, countAbove, type Threshold } from "../conformal/calibration.js";
import { type LabelledRule, type NormalRule, percentileExpected, type RuleParameter } from "./define.js";
import { thresholdRules } from "./rule-list.js";

/** A rule and its parameters, as `parseRule` reads them; defaults are filled in. */
export interface Rule {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number>>;
}

/**
 * A rule's threshold from calibration scores.
 * @throws HypersphereError `invalid-option` for a rule that needs labels, `unfit-data` as the rule itself
 */
export function applyRule(given: Rule, calibrationScores: ArrayLike<number>): Threshold {
  const { name, parameters } = given;
  const rule = completeRule(given);
  if (rule.needs === "normals") return rule.apply(calibrationScores, parameters);
  throw new HypersphereError("invalid-option", `The rule ${name} needs rows with labels.`, {
    hint: `Rules that need none: ${namesOf("normals").join(", ")}.`,
  });
}

/**
 * A rule's threshold from labelled rows, which must not be those that the model is judged by afterwards.
 * @param labels 0 or 1 per score
 * @throws HypersphereError `unfit-data` unless there are rows of both kinds, `invalid-option` for a rule without labels
 */
export function applyLabelledRule(given: Rule, scores: ArrayLike<number>, labels: Labels): Threshold {
  const { name, parameters } = given;
  const rule = completeRule(given);
  if (rule.needs !== "labels") {
    throw new HypersphereError("invalid-option", `The rule ${name} works without labels, on normal rows.`, {
      hint: `Rules that learn from labels: ${namesOf("labels").join(", ")}.`,
    });
  }
  const { normals, anomalies } = countLabels(labels, name);
  if (normals > 0 && anomalies > 0) return rule.apply(scores, labels, parameters);
  const only = anomalies === 0 ? "normal" : "an anomaly";
  throw new HypersphereError(
    "unfit-data",
    `The rule ${name} needs normal rows and anomalies, but every one of the ${labels.length} rows is ${only}.`,
    { hint: "Without anomalies, use a rule for normal rows, such as false-alarms 1%." },
  );
}

/** @throws HypersphereError `invalid-option` for what `parseRule` does not make, and a program may pass nevertheless */
function completeRule({ name, parameters }: Rule): NormalRule | LabelledRule {
  const rule = ruleCalled(String(name));
  const missing = rule.parameters.find((one) => !one.optional && typeof parameters?.[one.name] !== "number");
  if (missing === undefined) return rule;
  throw new HypersphereError("invalid-option", `The rule ${name} lacks its parameter "${missing.name}".`, {
    hint: `Write it as a text, such as "${rule.example}", or as { name, parameters: { ${missing.name}: ... } }.`,
  });
}

/** Fewest calibration scores with which a rule can work, so that a fit which holds out fewer need not begin. */
export function calibrationSizeForRule({ name, parameters }: Rule): number {
  const rule = ruleCalled(name);
  return rule.needs === "normals" ? (rule.calibrationSize?.(parameters) ?? 1) : 1;
}

/**
 * The rate at which a threshold of any origin flags normal rows, estimated on calibration scores with the same lean to
 * the safe side as `Threshold.expectedFalseAlarmRate`: (1 + #{calibration > threshold}) / (n + 1).
 * @param threshold compared as float32, as models do
 */
export function expectedFalseAlarmRate(calibrationScores: ArrayLike<number>, threshold: number): number {
  const sorted = checkScores(calibrationScores, "expectedFalseAlarmRate");
  return (1 + countAbove(sorted, Math.fround(threshold))) / (sorted.length + 1);
}

function namesOf(needs: "normals" | "labels"): string[] {
  return Object.entries(thresholdRules)
    .filter(([, rule]) => rule.needs === needs)
    .map(([name]) => name);
}

/**
 * Reads a rule: its name, its first value, and further values after their words, such as "percentile 99",
 * "false-alarms 1% confidence 95%", "alerts-per-day 3 of 1440", "cost 1:20", "iqr". Shares are written 1% or 0.01.
 * @throws HypersphereError `invalid-option` that lists the rules, or says how the one meant is written
 */
export function parseRule(text: string): Rule {
  const words = text.toLowerCase().replaceAll(":", " : ").replaceAll(/\s+%/g, "%").trim().split(/\s+/);
  const name = ruleNamed(words.shift()!);
  const { parameters, example } = ruleCalled(name);
  const given: Record<string, string> = {};
  const [first] = parameters;
  if (first !== undefined && first.word === undefined && words.length > 0) given[first.name] = words.shift()!;
  while (words.length > 0) {
    const word = words.shift()!;
    const parameter = parameters.find((one) => one.word === word);
    const value = words.shift();
    if (parameter === undefined || value === undefined || Object.hasOwn(given, parameter.name)) {
      throw new HypersphereError("invalid-option", `The rule "${text}" is not understood at "${word}".`, {
        hint: `It is written such as "${example}"${furtherWords(parameters)}.`,
      });
    }
    given[parameter.name] = value;
  }
  return makeRule(name, given, (parameter) => `${name}: ${parameter.summary}`);
}

/** @throws HypersphereError `invalid-option` that lists the rules */
export function ruleNamed(name: string): string {
  if (Object.hasOwn(thresholdRules, name)) return name;
  const names = Object.keys(thresholdRules);
  const number = /^(\d+\.?\d*|\.\d+)(%?)$/.exec(name);
  if (number !== null) {
    throw new HypersphereError("invalid-option", `There is no name of a rule before "${name}".`, {
      hint: `A rule is a name and its value: ${ruleMeant(Number(number[1]), number[2] === "%")}. The rules are ${names.join(", ")}.`,
    });
  }
  throw new HypersphereError("invalid-option", `There is no threshold rule "${name}".`, {
    hint: `${didYouMean(name, names)}The rules are ${names.join(", ")}.`,
  });
}

/** What a number alone may mean: the greater part is the normal rows below the threshold, the smaller one those above. */
function ruleMeant(value: number, percent: boolean): string {
  const inPercent = percent || value >= 1 ? value : Number((100 * value).toPrecision(12));
  if (!(inPercent > 0 && inPercent < 100)) return '"false-alarms 1%" or "percentile 99"';
  const above = Number(Math.min(inPercent, 100 - inPercent).toPrecision(12));
  return `"percentile ${Number((100 - above).toPrecision(12))}", or "false-alarms ${above}%" for a promise`;
}

/**
 * A rule from the texts of its parameters, by name; what is left out takes its default.
 * @param call what to call a parameter in messages
 * @throws HypersphereError `invalid-option` when one is missing or out of range
 */
export function makeRule(
  name: string,
  given: Readonly<Record<string, string>>,
  call: (parameter: RuleParameter) => string,
): Rule {
  const { parameters, example, conflict } = ruleCalled(name);
  const values: Record<string, number> = {};
  for (const parameter of parameters) {
    const text = given[parameter.name];
    if (text !== undefined) values[parameter.name] = parseValue(text, parameter, call(parameter));
    else if (parameter.default !== undefined) values[parameter.name] = parameter.default;
    else if (parameter.optional === undefined) {
      throw new HypersphereError("invalid-option", `${call(parameter)} is missing.`, {
        hint: `As a text the rule is written such as "${example}".`,
      });
    }
  }
  const wrong = conflict?.(values);
  if (wrong !== undefined) throw new HypersphereError("invalid-option", `${name}: ${wrong}.`);
  return { name, parameters: values };
}

function parseValue(text: string, { kind, range, choices }: RuleParameter, what: string): number {
  const match = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?(%?)$/i.exec(text.trim());
  const percent = match?.[3] === "%";
  const number = match === null || (percent && kind === "number") ? Number.NaN : Number.parseFloat(text);
  // A percentile is in per cent whether it says so or not; a share only where it says so.
  const value = percent && kind === "share" ? hundredth(number) : number;
  const [low, high, ends] = range;
  const inside = ends === "closed" ? value >= low && value <= high : value > low && value < high;
  if (inside && (choices === undefined || choices.includes(value))) return value;
  throw new HypersphereError("invalid-option", `${what} is "${text}", ${expectation()}.`);

  function expectation(): string {
    if (choices !== undefined) return `expected ${choices.join(" or ")}`;
    // "0.5%" of rows above are meant, where 0.5 is meant for a share below.
    if (kind === "percentile") return percentileExpected(percent ? 1 - hundredth(value) : value);
    if (kind === "share") return `expected a share such as 5% or 0.05, above 0 and below ${show(high)}`;
    const least = ends === "closed" ? `of at least ${low}` : `above ${low}`;
    return `expected a number ${least}`;
  }
}

/** A hundredth of a number as it is written: 99.9 / 100 is not 0.999 in floating point. */
function hundredth(value: number): number {
  const [digits, exponent = "0"] = String(value).split("e");
  return Number(`${digits}e${Number(exponent) - 2}`);
}

function furtherWords(parameters: readonly RuleParameter[]): string {
  const further = parameters.filter(({ word }) => word !== undefined).map(({ word }) => `"${word}"`);
  return further.length === 0 ? "" : `; further values follow ${further.join(" and ")}`;
}

/** The text that `parseRule` reads as this rule, without values that are as by default. */
export function ruleText({ name, parameters }: Rule): string {
  const parts = ruleCalled(name)
    .parameters.filter((one) => parameters[one.name] !== undefined)
    .filter((one) => one.word === undefined || parameters[one.name] !== one.default)
    .map(({ name: key, word, kind }) => {
      const value = kind === "share" ? show(parameters[key]!) : String(parameters[key]);
      return word === undefined ? value : `${word} ${value}`;
    });
  return [name, ...parts].join(" ").replaceAll(" : ", ":");
}

/** 0.01 as "1%". */
function show(share: number): string {
  return `${Number((100 * share).toPrecision(12))}%`;
}

/** The rule that a threshold came from; undefined for thresholds that no rule of this list made. */
export function ruleOf({ method, parameters }: Threshold): Rule | undefined {
  const rule = Object.hasOwn(thresholdRules, method) ? thresholdRules[method] : undefined;
  if (rule === undefined) return undefined;
  const known = rule.parameters.filter((one) => parameters[one.name] !== undefined);
  const complete = rule.parameters.every((one) => one.optional || known.includes(one));
  const values = Object.fromEntries(known.map((one) => [one.name, parameters[one.name]!]));
  return complete ? { name: method, parameters: values } : undefined;
}

/** @throws HypersphereError `invalid-option` that lists the rules */
const ruleCalled = (name: string): NormalRule | LabelledRule => thresholdRules[ruleNamed(name)]!;
