import type { ModelCard } from "../model/index.js";
import { counted, figure, percent } from "../text/format.js";
import type { Advice, ShownScores, TrainingCurve } from "./report.js";

/** Above it the order of held-out rows is that of the untrained networks. */
const SAME_ORDER = 0.95;
/** Held-out rows that are promised about: with fewer, a false-alarm rate of a few per cent is a guess. */
const FEW_HELD_OUT = 100;
/** Typical scores of held-out rows above those of learned ones by this factor: the model knows its rows by heart. */
const BY_HEART = 1.5;
/** A stage that was still getting better by this share over its last quarter. */
const STILL_BETTER = 0.02;

export interface AdviceSources {
  readonly card: ModelCard;
  readonly curves: readonly TrainingCurve[];
  readonly scores: ShownScores;
  readonly agreement: number | null | undefined;
  /** Share of the looked-at rows that are above the threshold; absent without data. */
  readonly flagged?: { readonly learned: number; readonly rows: number } | undefined;
  /** What the fit said while it ran. */
  readonly warnings: readonly string[];
}

/** What a person should know of a training, worst first, each with what to do about it. */
export function adviceOn(sources: AdviceSources): Advice[] {
  const all = [
    ...collapses(sources),
    ...sources.warnings.map(
      (what): Advice => ({
        weight: "warning",
        what,
        todo: DONE_BY.find(([sign]) => sign.test(what))?.[1] ?? OTHERWISE,
      }),
    ),
    ...learnedLittle(sources),
    ...byHeart(sources),
    ...fewHeldOut(sources),
    ...manyFlagged(sources),
    ...endedEarly(sources),
  ];
  return all.toSorted((a, b) => Number(a.weight === "note") - Number(b.weight === "note"));
}

/** What to do about sentences of a fit, by what they say. */
const DONE_BY: readonly (readonly [RegExp, string])[] = [
  [
    /^Column .* is left out/,
    "Nothing, if the column tells nothing about what is normal. Else ask for it by name, or say whether it holds numbers or texts.",
  ],
  [
    /collapsed in/,
    "The last healthy state was kept. Lower the learning rate, or leave out columns that are noise, and compare both models.",
  ],
  [/near-duplicates/, "Collect examples of more things rather than more shots or copies of the same."],
  [/very rows/, "Train the model further on rows that the first training has not seen."],
  [/support vectors/, "Lower gamma, or leave it at its default."],
  [
    /drawn at random|approximation/,
    "Nothing, where time counts: the model saw a sample. Raise the limit that the sentence names to see all rows.",
  ],
  [/solver was stopped/, "Raise the limit that the sentence names, or scale the columns."],
  [
    /learn(ed|s)? from all|separate/,
    "Choose another detector, or the option that the sentence names, where labels should count for more.",
  ],
  [/no better than their mean/, "Train longer, widen the bottleneck, or leave out columns that are noise."],
];
const OTHERWISE = "The training went on; look whether the scores below are what you expect.";

function collapses({ curves, warnings }: AdviceSources): Advice[] {
  if (warnings.some((sentence) => /collapsed in/.test(sentence))) return [];
  return curves
    .filter(({ ended }) => ended === "collapse")
    .map(({ name, unit, kept, signs }) => ({
      weight: "warning",
      what: `${capitalised(name)} collapsed and was rolled back to ${unit} ${kept}: ${signs.join("; ")}.`,
      todo: "Lower the learning rate or the weight decay, or leave out columns that are noise, and compare both models.",
    }));
}

function learnedLittle({ agreement, card }: AdviceSources): Advice[] {
  if (typeof agreement !== "number" || agreement <= SAME_ORDER) return [];
  return [
    {
      weight: "note",
      what: `Training changed little: held-out rows stand in nearly the same order before and after it (rank correlation ${agreement.toFixed(2)}).`,
      todo: `The networks need not be bad: random ones tell much. Compare with a simpler detector (hypersphere compare), or train ${card.detector} longer.`,
    },
  ];
}

function byHeart({ scores }: AdviceSources): Advice[] {
  const { upper, heldOut } = scores;
  if (upper?.what !== LEARNED || !(upper.median > 0) || heldOut.median < BY_HEART * upper.median) return [];
  return [
    {
      weight: "note",
      what: `Rows that were learned from look more normal than rows held out: typical scores are ${figure(upper.median, 3)} and ${figure(heldOut.median, 3)}.`,
      todo: "Thresholds are safe, since they come from rows held out. More training rows, or a smaller network, would narrow the gap.",
    },
  ];
}

/** What the upper half of the scores is of, where the split is known. */
export const LEARNED = "rows that were learned from";

function fewHeldOut({ card: { data, threshold, adapted } }: AdviceSources): Advice[] {
  const rows = data.calibration;
  if (rows >= FEW_HELD_OUT || adapted !== undefined) return [];
  const rate = threshold.expectedFalseAlarmRate;
  return [
    {
      weight: "warning",
      what: `The threshold stands on ${counted(rows, "held-out row")}: no false-alarm rate below ${percent(1 / (rows + 1))} can be promised${rate === undefined ? "" : `, and ${percent(rate)} is a rough estimate`}.`,
      todo: 'Train on more rows, or calibrate on all of them in folds ("cross" for option "calibration").',
    },
  ];
}

function manyFlagged({ flagged, card: { threshold } }: AdviceSources): Advice[] {
  const expected = threshold.expectedFalseAlarmRate;
  if (flagged === undefined || expected === undefined) return [];
  const share = flagged.learned / flagged.rows;
  // Three standard deviations of a count beyond what chance brings, and twice as many.
  const chance = expected + 3 * Math.sqrt((expected * (1 - expected)) / flagged.rows);
  if (share <= Math.max(chance, 2 * expected)) return [];
  return [
    {
      weight: "warning",
      what: `${percent(share)} of the rows are above the threshold; about ${percent(expected)} were to be expected of normal rows.`,
      todo: "Look at the least normal rows below: the data may hold anomalies (train --robust leaves the worst out), or differ from those of the training (hypersphere monitor).",
    },
  ];
}

function endedEarly({ curves, card }: AdviceSources): Advice[] {
  const open = curves.filter(({ ended, points, kept }) => {
    const last = points.at(-1);
    if (ended !== "all epochs" || last === undefined || points.length < 8 || kept !== last.epoch)
      return false;
    const before = points[Math.floor(0.75 * (points.length - 1))]!.validation;
    return before > 0 && last.validation < (1 - STILL_BETTER) * before;
  });
  if (open.length === 0) return [];
  const early = open.some(({ stage }) => stage === "pretraining") ? "pretrainSteps" : "steps";
  return [
    {
      weight: "note",
      what: `Training ended while held-out rows still got better (${open.map(({ name }) => name).join("; ")}).`,
      todo:
        early in card.options
          ? `More steps may help a little (option "${early}": it is ${String(card.options[early])}).`
          : "A longer training may help a little.",
    },
  ];
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
