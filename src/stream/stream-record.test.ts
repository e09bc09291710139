import { expect, test } from "vitest";
import type { StreamAnswer } from "./index.js";
import { streamLine, streamRecord } from "./stream-record.js";

const scored: StreamAnswer & { kind: "scored" } = {
  kind: "scored",
  score: Math.fround(0.1),
  pValue: Math.fround(1 / 3),
  isAnomaly: true,
  incidents: [],
};
const stretch = { from: 1, to: 2, flagged: 2, peak: 1, peakAt: 2, pValue: 0.5 };
const answers: readonly StreamAnswer[] = [
  scored,
  { ...scored, isAnomaly: false, score: Number.NaN },
  { ...scored, score: Number.POSITIVE_INFINITY, pValue: Math.fround(1e-7) },
  { ...scored, probability: 0.5 },
  { ...scored, level: 0.012345678 },
  { ...scored, incidents: [{ kind: "opened", stretch }] },
  { kind: "pending", missing: 3, incidents: [] },
];

test("a line is the JSON of what it begins with and of the answer", () => {
  for (const answer of answers) {
    for (const head of [{ row: 1 }, { message: "1-0", 'a "name"': "ü\n" }, { row: 2, score: "taken" }]) {
      expect(streamLine(head, answer)).toBe(JSON.stringify({ ...head, ...streamRecord(answer) }));
      for (const [own, model] of [[true, "own"] as const, [false, "fallback"] as const]) {
        const line = streamLine({ ...head, model: "taken" }, { ...answer, own });
        expect(JSON.parse(line)).toEqual({ ...JSON.parse(streamLine(head, answer)), model });
        expect(streamLine(head, { ...answer, own })).toBe(
          JSON.stringify({ ...head, ...streamRecord(answer), model }),
        );
      }
    }
  }
});
