import { shortFloat32 } from "../text/format.js";
import type { StreamAnswer } from "./model-stream.js";

/** An answer as `hypersphere stream` writes it, for a line of JSON; what tells its row stands before it. */
export function streamRecord(answer: StreamAnswer): object {
  if (answer.kind === "refused") {
    const { code, message, hint } = answer.error;
    return { error: { code, message, hint: hint ?? null } };
  }
  const incidents = answer.incidents.map(
    ({ kind, stretch: { from, to, flagged, peak, peakAt, pValue } }) => ({
      ...{ kind, from, to, flagged },
      ...{ peak: shortFloat32(peak), peak_at: peakAt, p_value: shortFloat32(pValue) },
    }),
  );
  const events = incidents.length === 0 ? {} : { incidents };
  if (answer.kind === "pending") return { pending: answer.missing, ...events };
  const { score, pValue, isAnomaly, probability, level } = answer;
  return {
    score: shortFloat32(score),
    p_value: shortFloat32(pValue),
    ...(level !== undefined && { level: Number(level.toPrecision(7)) }),
    is_anomaly: isAnomaly ? 1 : 0,
    ...(probability !== undefined && { probability: shortFloat32(probability) }),
    ...events,
  };
}

/**
 * A line of JSON: the members of `head`, which has one at least, then those of the answer, which win where names are the same. With `own`,
 * of a fleet, `model` says whether it was the entity's own model, or that of all.
 * Most answers are written by hand, for a stream writes one for every row.
 */
export function streamLine(
  head: Readonly<Record<string, unknown>>,
  answer: StreamAnswer & { readonly own?: boolean | undefined },
): string {
  const model = answer.own === undefined ? undefined : answer.own ? "own" : "fallback";
  const isUsual =
    answer.kind === "scored" &&
    answer.probability === undefined &&
    answer.level === undefined &&
    answer.incidents.length === 0 &&
    !USUAL.some((name) => Object.hasOwn(head, name));
  if (!isUsual) return JSON.stringify({ ...head, ...streamRecord(answer), ...(model && { model }) });
  const known = JSON.stringify(head).slice(0, -1);
  const last = model === undefined ? "" : `,"model":"${model}"`;
  return `${known},"score":${textOf(answer.score)},"p_value":${textOfMany(answer.pValue)},"is_anomaly":${answer.isAnomaly ? 1 : 0}${last}}`;
}

const USUAL = ["score", "p_value", "is_anomaly", "model"] as const;

const textOf = (value: number): string => (Number.isFinite(value) ? String(shortFloat32(value)) : "null");

/** Of values that come again and again: a model has as many p-values as scores that calibrate it. */
function textOfMany(value: number): string {
  const known = texts.get(value);
  if (known !== undefined) return known;
  if (texts.size === MOST_TEXTS) texts.clear();
  const text = textOf(value);
  texts.set(value, text);
  return text;
}

const texts = new Map<number, string>();
const MOST_TEXTS = 4096;
