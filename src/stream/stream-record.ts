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
