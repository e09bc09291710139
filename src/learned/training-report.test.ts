import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { machine } from "../../test/contract/plants.js";
import {
  Autoencoder,
  configureRuntime,
  DeepSvdd,
  Knn,
  type Model,
  MultiScale,
  Pca,
  samplesOf,
} from "../index.js";
import { quantile } from "../math/quantile.js";
import { createRandom } from "../math/random.js";
import type { DecodedRows, RowSplit } from "../model/contract.js";
import { innerValues } from "../model/index.js";
import { trainingReport } from "./index.js";

beforeAll(() => configureRuntime({ runtime: "native", cores: 1 }));
afterAll(() => configureRuntime());

const plant = machine(400, createRandom("report").stream("training"));
const FAST = { seed: 3, members: 1, hiddenDims: [16], latentDim: 4, steps: 60 };
const every = Uint32Array.from({ length: 50 }, (_, k) => 3 * k);

async function scoresOf(model: Model): Promise<number[]> {
  const { scores } = await model.score(plant);
  return Array.from(every, (row) => scores[row]!);
}

const close = (found: readonly number[], wanted: readonly number[]): void =>
  found.forEach((value, k) => {
    expect(value / wanted[k]!).toBeCloseTo(1, 3);
  });

describe("inner values", () => {
  it("of an autoencoder make its score", async () => {
    const model = await new Autoencoder(FAST).fit(plant);
    const values = await innerValues(model, plant, every, [
      "features",
      "member0.reconstruction",
      "member0.latent",
    ]);
    const [given, made] = [values.get("features")!, values.get("member0.reconstruction")!];
    const { columns } = given;
    close(
      Array.from(every, (_, row) => {
        let sum = 0;
        for (let k = row * columns; k < (row + 1) * columns; k++)
          sum += (given.data[k]! - made.data[k]!) ** 2;
        return sum / columns;
      }),
      await scoresOf(model),
    );
    expect(values.get("member0.latent")).toMatchObject({ rows: 50, columns: 4 });
  });

  it("of PCA make its score, and of a sphere its distances", async () => {
    const pca = await new Pca({ components: 2, score: "reconstruction" }).fit(plant);
    const left = (await innerValues(pca, plant, every, ["member0.residual"])).get("member0.residual")!;
    const meanSquare = (row: number): number =>
      left.data
        .slice(row * left.columns, (row + 1) * left.columns)
        .reduce((sum, value) => sum + value * value, 0) / left.columns;
    close(
      Array.from(every, (_, row) => meanSquare(row)),
      await scoresOf(pca),
    );
    for (const Detector of [DeepSvdd, MultiScale]) {
      const model = await new Detector({ ...FAST, pretrainSteps: 30 }).fit(plant);
      const values = await innerValues(model, plant, every, ["member0.latent", "member0.centre"]);
      const [latent, centre] = [values.get("member0.latent")!, values.get("member0.centre")!];
      expect([latent.rows, centre.rows, centre.columns]).toEqual([50, 1, latent.columns]);
      if (Detector === MultiScale) continue;
      const distance = (row: number): number =>
        centre.data.reduce((sum, value, k) => sum + (latent.data[row * latent.columns + k]! - value) ** 2, 0);
      const scores = await scoresOf(model);
      const unit = distance(0) / scores[0]!;
      close(
        Array.from(every, (_, row) => distance(row) / unit),
        scores,
      );
    }
  });

  it("are refused where the card names what the graph does not have", async () => {
    const model = await new Autoencoder(FAST).fit(plant);
    const card = { ...model.card, inside: { "member0.latent": "nowhere" } };
    const wrong = Object.create(model, {
      card: { value: card },
      toBytes: { value: () => model.toBytes() },
      ownBackend: { value: undefined },
    });
    await expect(innerValues(wrong, plant, every, ["member0.latent"])).rejects.toMatchObject({
      code: "invalid-model",
    });
  });
});

describe("a training report", () => {
  const decoded: DecodedRows[] = [];
  let split: RowSplit;
  let model: Model;
  beforeAll(async () => {
    model = await new DeepSvdd({ ...FAST, members: 2, pretrainSteps: 60, objective: "soft-boundary" }).fit(
      plant,
      {
        onDecoded: (rows) => decoded.push(rows),
        onSplit: (parts) => {
          split = parts;
        },
      },
    );
  });

  it("shows the decoder that the fit had: its error is that of the curve", () => {
    expect(decoded.map(({ member }) => member).sort()).toEqual([0, 1]);
    const { members } = DeepSvdd.trainings(model.card)[0]!;
    for (const { member, given, made, centre } of decoded) {
      const { curve, kept } = members[member]!.pretraining;
      const error =
        given.data.reduce((sum, value, k) => sum + (made.data[k]! - value) ** 2, 0) / given.data.length;
      expect(error / curve.find(({ epoch }) => epoch === kept)!.validation).toBeCloseTo(1, 3);
      expect(centre).toHaveLength(given.columns);
      // The middle of standardised rows lies within what these show.
      expect(Math.max(...centre.map(Math.abs))).toBeLessThan(2);
    }
  });

  it("follows radius and spread from epoch to epoch", () => {
    const points = DeepSvdd.trainings(model.card)[0]!.members[0]!.compactness.curve;
    expect(points.every(({ readings }) => readings!["spread"]! > 0 && readings!["radius"]! >= 0)).toBe(true);
    expect(points.at(-1)!.readings!["radius"]).toBeGreaterThan(0);
  });

  it("ranks the rows that were used, and says for what", async () => {
    const { rows, scores, control, latent, reconstructions } = await trainingReport(model, {
      data: plant,
      split,
      decoded,
    });
    const scored = (await model.score(plant)).scores;
    const used = [...split.train, ...split.validation, ...split.calibration];
    const highest = Math.max(...used.map((row) => scored[row]!));
    expect(rows!.least[0]).toMatchObject({ score: highest, name: expect.stringMatching(/^row \d+$/) });
    expect(rows!.least[0]!.part).toBe(
      split.train.includes(rows!.least[0]!.row)
        ? "learning"
        : split.calibration.includes(rows!.least[0]!.row)
          ? "calibration"
          : "stopping",
    );
    expect(scores.upper).toMatchObject({ rows: split.train.length });
    expect(scores.heldOut.median).toBeCloseTo(quantile(model.calibrationScores, 0.5), 5);
    expect(latent).toHaveLength(2);
    expect(latent[0]!.x).toHaveLength(split.validation.length + split.calibration.length);
    expect(control!.ranks!.after).toHaveLength(split.calibration.length);
    expect(reconstructions!.columns.map(({ name }) => name).sort()).toEqual(["a", "b", "c", "d", "mode"]);
  });

  it("leaves labelled anomalies out, and says of a model alone what a model knows", async () => {
    const labels = Array.from({ length: 400 }, (_, row) => row < 5);
    const { rows } = await trainingReport(model, { data: samplesOf(plant, { labels }) });
    expect([...rows!.least, ...rows!.most].every(({ row, part }) => row >= 5 && part === undefined)).toBe(
      true,
    );
    const alone = await trainingReport(model);
    expect(alone.curves).toHaveLength(4);
    expect(alone).toMatchObject({ latent: [], control: { agreement: expect.any(Number) } });
    expect(alone).not.toHaveProperty("rows");
    expect(alone.left.find(({ what }) => what === "Reconstructions")!.why).toMatch(/train --report/);
    const simple = await trainingReport(await new Knn().fit(plant));
    expect(simple.left.map(({ what }) => what)).toEqual([
      "Curves",
      "The untrained control",
      "The latent space",
      "Reconstructions",
      "The picture of the centre",
      "Rows",
    ]);
  });
});
