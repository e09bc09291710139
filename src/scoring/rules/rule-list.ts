/**
 * Every threshold rule by name, with its parameters: what the command line, rule texts ("false-alarms 1%") and the
 * documentation are made from. The rules themselves are in `thresholds.ts`, `tail.ts` and `supervised.ts`.
 */
import type { Labels } from "../../metrics/labels.js";
import type { Threshold } from "../conformal/calibration.js";
import { f1Threshold, minimumCost } from "./supervised.js";
import { calibrationSizeForTail, peaksOverThreshold } from "./tail.js";
import {
  alertsPerDay,
  calibrationSizeForRate,
  contamination,
  falseAlarmRate,
  iqrFence,
  meanSigma,
  percentile,
  robustZ,
} from "./thresholds.js";

export interface RuleParameter {
  /** Its name among the parameters of `Rule` and of the `Threshold` that comes out. */
  readonly name: string;
  /** Its flag on the command line, without dashes; rules share flags that mean the same. */
  readonly flag: string;
  /** The word before its value in a rule's text; the first parameter has none. */
  readonly word?: string;
  readonly summary: string;
  /** `share`: 0.01 or 1%. `percentile`: 0.99, 99 or 99%, all three the 99th. */
  readonly kind: "number" | "share" | "percentile";
  /** Ends of the range; `open` leaves them out. */
  readonly range: readonly [low: number, high: number, ends: "open" | "closed"];
  /** The only values there are, where not the whole range is allowed. */
  readonly choices?: readonly number[];
  readonly default?: number;
  /** May be left out although there is no default: the rule then works another way. */
  readonly optional?: true;
}

export interface RuleBase {
  readonly summary: string;
  /** Of the `Threshold` that comes out. */
  readonly method: string;
  readonly example: string;
  readonly parameters: readonly RuleParameter[];
  /** What is wrong with parameters that are in range each, if anything. */
  readonly conflict?: (values: Parameters) => string | undefined;
}

/** Decides by scores of normal rows alone (`contamination`: of a mixed sample), without labels. */
export interface NormalRule extends RuleBase {
  readonly needs: "normals";
  /** Fewest calibration scores with which it can work; 1 where this is not given. */
  readonly calibrationSize?: (values: Parameters) => number;
  readonly apply: (scores: ArrayLike<number>, values: Parameters) => Threshold;
}

/** Decides by scores of rows with labels of both kinds. */
export interface LabelledRule extends RuleBase {
  readonly needs: "labels";
  readonly apply: (scores: ArrayLike<number>, labels: Labels, values: Parameters) => Threshold;
}

export type Parameters = Readonly<Record<string, number>>;

const ANY: RuleParameter["range"] = [0, Number.MAX_VALUE, "closed"];
const POSITIVE: RuleParameter["range"] = [0, Number.MAX_VALUE, "open"];
const INSIDE: RuleParameter["range"] = [0, 1, "open"];

const normalRules = {
  "false-alarms": {
    summary: "at most this share of normal rows is flagged, guaranteed whatever their distribution",
    needs: "normals",
    method: "falseAlarmRate",
    example: "false-alarms 1%",
    parameters: [
      { name: "alpha", flag: "rate", kind: "share", range: INSIDE, summary: "false-alarm rate allowed" },
      {
        name: "confidence",
        flag: "confidence",
        word: "confidence",
        kind: "share",
        range: INSIDE,
        optional: true,
        summary: "how sure to be that this very threshold keeps to the rate; without it, it does on average",
      },
    ],
    calibrationSize: ({ alpha, confidence }) => calibrationSizeForRate(alpha!, confidence),
    apply: (scores, { alpha, confidence }) =>
      falseAlarmRate(scores, alpha!, confidence === undefined ? {} : { confidence }),
  },
  "alerts-per-day": {
    summary: "the same guarantee, as a number of false alarms per day",
    needs: "normals",
    method: "alertsPerDay",
    example: "alerts-per-day 3 of 1440",
    parameters: [
      {
        name: "alertsPerDay",
        flag: "alerts",
        kind: "number",
        range: POSITIVE,
        summary: "false alarms allowed per day",
      },
      {
        name: "rowsPerDay",
        flag: "rows-per-day",
        word: "of",
        kind: "number",
        range: POSITIVE,
        summary: "normal rows scored per day",
      },
    ],
    conflict: ({ alertsPerDay: alerts, rowsPerDay: rows }) =>
      alerts! < rows! ? undefined : `${alerts} alerts of ${rows} rows would be all of them`,
    calibrationSize: ({ alertsPerDay: alerts, rowsPerDay: rows }) => calibrationSizeForRate(alerts! / rows!),
    apply: (scores, { alertsPerDay: alerts, rowsPerDay: rows }) => alertsPerDay(scores, alerts!, rows!),
  },
  percentile: {
    summary: "a percentile of the scores of held-out normal rows",
    needs: "normals",
    method: "percentile",
    example: "percentile 99",
    parameters: [
      {
        name: "q",
        flag: "q",
        kind: "percentile",
        range: [0, 1, "open"],
        summary: "which percentile; 0.99, 99 and 99% all mean the 99th",
      },
    ],
    apply: (scores, { q }) => percentile(scores, q!),
  },
  "mean-sigma": {
    summary: "their mean plus k standard deviations",
    needs: "normals",
    method: "meanSigma",
    example: "mean-sigma 3",
    parameters: [
      { name: "k", flag: "k", kind: "number", range: ANY, summary: "standard deviations above the mean" },
      {
        name: "ddof",
        flag: "ddof",
        word: "ddof",
        kind: "number",
        range: [0, 1, "closed"],
        choices: [0, 1],
        default: 0,
        summary: "0 divides by n, 1 by n - 1",
      },
    ],
    calibrationSize: ({ ddof }) => ddof! + 1,
    apply: (scores, { k, ddof }) => meanSigma(scores, k!, ddof as 0 | 1),
  },
  contamination: {
    summary: "flags this share of a sample that holds about as many anomalies",
    needs: "normals",
    method: "contamination",
    example: "contamination 5%",
    parameters: [
      {
        name: "rate",
        flag: "rate",
        kind: "share",
        range: [0, 0.5, "open"],
        summary: "share of anomalies in the sample",
      },
    ],
    apply: (scores, { rate }) => contamination(scores, rate!),
  },
  iqr: {
    summary: "Tukey's fence: third quartile plus a multiple of the interquartile range",
    needs: "normals",
    method: "iqrFence",
    example: "iqr 1.5",
    parameters: [
      {
        name: "factor",
        flag: "factor",
        kind: "number",
        range: ANY,
        default: 1.5,
        summary: "interquartile ranges above the third quartile",
      },
    ],
    apply: (scores, { factor }) => iqrFence(scores, factor),
  },
  "robust-z": {
    summary: "modified z-score: distance from the median in units of the MAD",
    needs: "normals",
    method: "robustZ",
    example: "robust-z 3.5",
    parameters: [
      {
        name: "cutoff",
        flag: "cutoff",
        kind: "number",
        range: ANY,
        default: 3.5,
        summary: "modified z-score above which to flag",
      },
    ],
    apply: (scores, { cutoff }) => robustZ(scores, cutoff),
  },
  pot: {
    summary: "peaks over threshold: a rate too rare to count, from a model of the tail",
    needs: "normals",
    method: "peaksOverThreshold",
    example: "pot 0.1%",
    parameters: [
      { name: "risk", flag: "rate", kind: "share", range: INSIDE, summary: "false-alarm rate asked for" },
      {
        name: "level",
        flag: "level",
        word: "level",
        kind: "percentile",
        range: INSIDE,
        default: 0.98,
        summary: "percentile from which the tail is modelled",
      },
    ],
    conflict: ({ risk, level }) =>
      risk! + level! < 1
        ? undefined
        : `a rate of ${risk} is no rarer than the tail above the ${level} quantile; use false-alarms or percentile`,
    calibrationSize: ({ level }) => calibrationSizeForTail(level!),
    apply: (scores, { risk, level }) => peaksOverThreshold(scores, risk!, { level: level! }),
  },
} as const satisfies Readonly<Record<string, NormalRule>>;

const labelledRules = {
  f1: {
    summary: "the best F1 on labelled rows",
    needs: "labels",
    method: "f1Threshold",
    example: "f1",
    parameters: [],
    apply: (scores, labels) => f1Threshold(scores, labels),
  },
  cost: {
    summary: "the least cost on labelled rows, given what a false alarm and a miss cost",
    needs: "labels",
    method: "minimumCost",
    example: "cost 1:20",
    parameters: [
      {
        name: "falseAlarm",
        flag: "cost-false-alarm",
        kind: "number",
        range: POSITIVE,
        summary: "cost of flagging a normal row",
      },
      {
        name: "miss",
        flag: "cost-miss",
        word: ":",
        kind: "number",
        range: POSITIVE,
        summary: "cost of missing an anomaly",
      },
      {
        name: "prevalence",
        flag: "prevalence",
        word: "prevalence",
        kind: "share",
        range: INSIDE,
        optional: true,
        summary: "share of anomalies to expect; without it, as in the labelled rows",
      },
    ],
    apply: (scores, labels, { falseAlarm, miss, prevalence }) =>
      minimumCost(scores, labels, {
        falseAlarm: falseAlarm!,
        miss: miss!,
        ...(prevalence !== undefined && { prevalence }),
      }),
  },
} as const satisfies Readonly<Record<string, LabelledRule>>;

export type RuleName = keyof typeof normalRules | keyof typeof labelledRules;

/** Every rule, by the name that a rule's text begins with. */
export const thresholdRules: Readonly<Record<RuleName, NormalRule | LabelledRule>> = {
  ...normalRules,
  ...labelledRules,
};
