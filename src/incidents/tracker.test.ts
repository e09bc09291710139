import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ScoredStep, type Stretch, StretchTracker, type TrackerOptions } from "./tracker.js";

/** Steps from a picture: X flagged, . not, ? without a score, and a blank where no step is. */
const steps = (picture: string, heights: readonly number[] = []): ScoredStep[] =>
  [...picture].flatMap((sign, step) =>
    sign === " "
      ? []
      : [
          {
            step,
            score: sign === "?" ? Number.NaN : (heights[step] ?? (sign === "X" ? 2 : 0)),
            pValue: sign === "X" ? 0.01 : 0.5,
            isAnomaly: sign === "X",
          },
        ],
  );

function closed(all: readonly ScoredStep[], options?: TrackerOptions): Stretch[] {
  const tracker = new StretchTracker(options);
  const events = [...all.flatMap((step) => tracker.add(step)), ...tracker.end()];
  return events.flatMap(({ kind, stretch }) => (kind === "closed" ? [stretch] : []));
}

const ends = (stretches: readonly Stretch[]): number[][] => stretches.map(({ from, to }) => [from, to]);

describe("StretchTracker", () => {
  it("joins flagged steps over gaps of at most mergeGap steps", () => {
    const picture = ".XX..X...X.";
    expect(ends(closed(steps(picture)))).toEqual([
      [1, 2],
      [5, 5],
      [9, 9],
    ]);
    expect(ends(closed(steps(picture), { mergeGap: 2 }))).toEqual([
      [1, 5],
      [9, 9],
    ]);
    expect(ends(closed(steps(picture), { mergeGap: 3 }))).toEqual([[1, 9]]);
  });

  it("counts steps that are missing or have no score as part of a gap", () => {
    expect(ends(closed(steps("X  X??X"), { mergeGap: 2 }))).toEqual([[0, 6]]);
    expect(ends(closed(steps("X   X?..X"), { mergeGap: 2 }))).toEqual([
      [0, 0],
      [4, 4],
      [8, 8],
    ]);
  });

  it("leaves out what is shorter than minLength, gaps included", () => {
    expect(ends(closed(steps("XX...X.X"), { minLength: 3 }))).toEqual([]);
    expect(ends(closed(steps("XX...X.X"), { minLength: 3, mergeGap: 1 }))).toEqual([[5, 7]]);
  });

  it("keeps the highest score with its place and p-value, and counts flagged steps", () => {
    const [only] = closed(
      steps("X.XX", [3, 0, 5, 5]).map((step) => ({ ...step, pValue: 0.1 + step.step })),
      { mergeGap: 1 },
    );
    expect(only).toEqual({ from: 0, to: 3, flagged: 3, peak: 5, peakAt: 2, pValue: 2.1 });
  });

  it("says when one opens and closes, as soon as that is known", () => {
    const tracker = new StretchTracker({ mergeGap: 1, minLength: 2 });
    const said = steps("X.X.X..X....").map((step) =>
      tracker
        .add(step)
        .map(({ kind }) => kind)
        .join(),
    );
    expect(said).toEqual(["", "", "opened", "", "", "", "closed", "", "", "", "", ""]);
    expect(tracker.open).toBeUndefined();
  });

  it("begins anew after the end of a series", () => {
    const tracker = new StretchTracker({ mergeGap: 9 });
    tracker.add(steps("....X")[4]!);
    expect(tracker.open).toMatchObject({ from: 4 });
    expect(tracker.end()).toMatchObject([{ kind: "closed", stretch: { from: 4, to: 4 } }]);
    expect(tracker.end()).toEqual([]);
    tracker.add(steps("X")[0]!);
    expect(tracker.open).toMatchObject({ from: 0 });
  });

  it("refuses steps out of order and lengths that are none", () => {
    const tracker = new StretchTracker();
    tracker.add(steps("..X")[2]!);
    expect(() => tracker.add(steps("..X")[2]!)).toThrow("Step 2 comes after step 2.");
    for (const options of [
      { mergeGap: -1 },
      { mergeGap: 0.5 },
      { minLength: 0 },
      { minLength: Number.NaN },
    ]) {
      expect(() => new StretchTracker(options)).toThrow(/option "(mergeGap|minLength)" is/);
    }
  });

  const picture = fc
    .array(fc.constantFrom("X", ".", "?", " "), { maxLength: 60 })
    .map((signs) => signs.join(""));
  const lengths = { mergeGap: fc.nat(5), minLength: fc.integer({ min: 1, max: 4 }) };

  it("finds the same in pieces as in one go", () => {
    fc.assert(
      fc.property(picture, fc.record(lengths), fc.array(fc.nat(60)), (signs, options, cuts) => {
        let tracker = new StretchTracker(options);
        const all = steps(signs);
        const events = all.flatMap((step, k) => {
          // As another process would go on, from what the one before it knew.
          if (cuts.includes(k)) tracker = new StretchTracker(options, structuredClone(tracker.open));
          return tracker.add(step);
        });
        events.push(...tracker.end());
        const found = events.flatMap(({ kind, stretch }) => (kind === "closed" ? [stretch] : []));
        expect(found).toEqual(closed(all, options));
        // What closes has opened before, and is no shorter than it was then.
        expect(events.map(({ kind }) => kind)).toEqual(found.flatMap(() => ["opened", "closed"]));
      }),
    );
  });

  it("puts every flagged step into one stretch, and keeps stretches more than a gap apart", () => {
    fc.assert(
      fc.property(picture, fc.nat(5), (signs, mergeGap) => {
        const all = steps(signs);
        const found = closed(all, { mergeGap });
        const flagged = all.filter(({ isAnomaly }) => isAnomaly);
        for (const { step } of flagged) {
          expect(found.filter(({ from, to }) => from <= step && step <= to)).toHaveLength(1);
        }
        expect(found.reduce((sum, stretch) => sum + stretch.flagged, 0)).toBe(flagged.length);
        found.forEach(({ from, to }, k) => {
          expect(flagged.map(({ step }) => step)).toEqual(expect.arrayContaining([from, to]));
          if (k > 0) expect(from - found[k - 1]!.to - 1).toBeGreaterThan(mergeGap);
          // Inside, no gap is longer.
          const inside = flagged.map(({ step }) => step).filter((step) => from <= step && step <= to);
          inside.forEach((step, i) => {
            if (i > 0) expect(step - inside[i - 1]! - 1).toBeLessThanOrEqual(mergeGap);
          });
        });
      }),
    );
  });
});
