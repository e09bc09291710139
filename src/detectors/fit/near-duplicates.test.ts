import { describe, expect, it } from "vitest";
import { shots, things } from "../../../test/shots.js";
import { imagesFrom, tableFromColumns } from "../../data/index.js";
import { detectors } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { foldRows, oneOfEach, splitRows } from "./hold-out.js";

const random = createRandom(3);
const groups = { of: Uint32Array.from({ length: 100 }, (_, row) => Math.floor(row / 3)), count: 34 };

describe("rows that are repeats of each other", () => {
  const options = {
    calibrationFraction: 0.2,
    calibrationFolds: 5,
    calibrationBlock: 1,
    validationFraction: 0.1,
  };
  const groupsIn = (rows: Uint32Array): Set<number> => new Set(Array.from(rows, (row) => groups.of[row]!));

  it("are on one side of every split", () => {
    for (const parts of [
      splitRows(100, options, random, groups),
      ...foldRows(100, options, random, groups),
    ]) {
      const { train, validation, calibration } = parts;
      expect(train.length + validation.length + calibration.length).toBe(100);
      const [a, b, c] = [groupsIn(train), groupsIn(validation), groupsIn(calibration)];
      expect(a.size + b.size + c.size).toBe(34);
      expect([6, 7]).toContain(c.size);
    }
  });

  it("count once in calibration, in folds once over all folds", () => {
    const held = splitRows(100, options, random, groups).calibration;
    const chosen = oneOfEach(held, groups, random);
    expect(groupsIn(chosen)).toEqual(groupsIn(held));
    expect(chosen).toHaveLength(7);
    expect(chosen).toEqual(chosen.toSorted());
    expect(oneOfEach(held, undefined, random)).toBe(held);
    // Another seed, other rows: not always the first of a group.
    expect(Array.from(chosen).some((row) => row % 3 !== 0)).toBe(true);
  });
});

describe("a fit on several photographs of each thing", () => {
  it.each(["split", "cross"] as const)(
    "keeps its promise for things not seen before (%s)",
    async (calibration) => {
      let [flagged, expected, images] = [0, 0, 0];
      for (let repeat = 0; repeat < 6; repeat++) {
        const stream = createRandom(repeat).stream("shots");
        const train = imagesFrom(shots(things(100, stream), stream, 4).images);
        const test = imagesFrom(shots(things(60, stream), stream, 4).images);
        const warnings: string[] = [];
        const model = await detectors["pca"]!.create({ seed: repeat, calibration }).fit(train, {
          onWarning: (sentence) => warnings.push(sentence),
        });
        const { nearDuplicates, calibration: calibrated, rows } = model.card.data;
        expect(nearDuplicates!.rows).toBeGreaterThan(0.7 * rows);
        expect(calibrated).toBeLessThanOrEqual(calibration === "split" ? 22 : 110);
        const { isAnomaly } = await model.score(test);
        flagged += isAnomaly.reduce((sum, flag) => sum + flag, 0);
        expected += model.card.threshold.expectedFalseAlarmRate! * test.rowCount;
        images += test.rowCount;
        await model.close();
      }
      // Split image by image, more than twice the promise is flagged.
      expect(flagged / images).toBeLessThan(1.25 * (expected / images));
      expect(flagged).toBeGreaterThan(0);
    },
  );

  it("says where the things are too few to promise anything", async () => {
    const stream = createRandom(9).stream("shots");
    const warnings: string[] = [];
    const data = imagesFrom(shots(things(20, stream), stream, 1, 5).images);
    const model = await detectors["pca"]!.create({}).fit(data, { onWarning: (text) => warnings.push(text) });
    expect(model.card.data.nearDuplicates).toEqual({ groups: 20, rows: 100 });
    expect(model.card.data.calibration).toBe(4);
    // 19 scores promise 5 %: of 95 things a fifth is as many, and of 20 things nearly all, so that is no advice.
    expect(warnings.join()).toContain(
      "100 of 100 images of <memory> (100.0 %) are near-duplicates, in 20 groups, and one of each group calibrates: 4 scores of " +
        "images held out (20 if each stood alone) cannot promise fewer than 20.0 % false alarms; 5.0 % takes 19. " +
        "Collect about 73 more images that are no repeats.",
    );
    await model.close();
  });

  it("says how much to hold out where that helps, which then is enough", async () => {
    const stream = createRandom(9).stream("shots");
    const data = imagesFrom(shots(things(40, stream), stream, 1, 3).images);
    const warnings: string[] = [];
    const onWarning = (text: string): void => void warnings.push(text);
    const first = await detectors["pca"]!.create({}).fit(data, { onWarning });
    await first.close();
    const [, share] = /option "calibrationFraction" ([\d.]+)\.$/.exec(warnings.join("\n"))!;
    warnings.length = 0;
    const second = await detectors["pca"]!.create({ calibrationFraction: Number(share) }).fit(data, {
      onWarning,
    });
    expect([second.card.data.calibration, warnings]).toEqual([
      expect.toSatisfy((n) => n >= 19 && n <= 21),
      [],
    ]);
    await second.close();
  });
});

describe("a fit on copies of rows", () => {
  const tableOf = (rows: readonly (readonly number[])[], ids: boolean) =>
    tableFromColumns({
      ...Object.fromEntries(Array.from({ length: 8 }, (_, k) => [`c${k}`, rows.map((row) => row[k]!)])),
      ...(ids && { serial: rows.map((_, row) => row + 1) }),
    });

  it.each([
    ["split", false],
    ["split", true],
    ["cross", true],
  ] as const)("keeps its promise (%s, numbered: %s)", async (calibration, ids) => {
    let [flagged, expected] = [0, 0];
    for (let repeat = 0; repeat < 5; repeat++) {
      const stream = createRandom(repeat).stream("copies");
      const draw = (count: number): number[][] =>
        Array.from({ length: count }, () => Array.from({ length: 8 }, () => stream.normal()));
      const rows = draw(120);
      const data = tableOf(Array.from({ length: 6 }, () => rows).flat(), ids);
      const warnings: string[] = [];
      const model = await detectors["knn"]!.create({ seed: repeat, calibration }).fit(data, {
        onWarning: (sentence) => warnings.push(sentence),
      });
      expect(model.card.data.nearDuplicates).toEqual({ groups: 120, rows: 720 });
      expect(model.card.data.calibration).toBe(calibration === "split" ? 24 : 120);
      expect(warnings.join()).toMatch(/720 of 720 rows of <memory> \(100\.0 %\) are copies of each other/);
      const { isAnomaly } = await model.score(tableOf(draw(400), ids));
      flagged += isAnomaly.reduce((sum, flag) => sum + flag, 0);
      expected += model.card.threshold.expectedFalseAlarmRate! * 400;
      await model.close();
    }
    // Split row by row, four times as many as promised are flagged.
    expect(flagged).toBeLessThan(1.6 * expected);
    expect(flagged).toBeGreaterThan(0);
  });
});
