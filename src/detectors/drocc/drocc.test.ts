import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imagesFrom } from "../../data/images/image-arrays.js";
import { type Dataset, tableFromColumns, tableFromMatrix } from "../../data/index.js";
import { seriesFromTable } from "../../data/series/series-from-table.js";
import { configureRuntime, provideBackend } from "../../index.js";
import { createRandom } from "../../math/random.js";
import { auroc } from "../../metrics/index.js";
import type { Checkpoint, CheckpointStore } from "../../model/contract.js";
import { currentBackend } from "../../runtime/index.js";
import { Drocc } from "./drocc.js";
import type { DroccInput } from "./options.js";
import type { Norm } from "./projection.js";

beforeAll(() => {
  const backend = currentBackend();
  const open = (count: number) => Promise.all(Array.from({ length: count }, backend.inline));
  provideBackend({ ...backend, cores: 1, open });
});
afterAll(() => configureRuntime());

const random = createRandom("drocc");

describe("DROCC", () => {
  const quick: DroccInput = {
    ...{ hiddenDims: [64], latentDim: 64, steps: 600, batchSize: 64 },
    ...{ learningRate: 0.01, ascentSteps: 5, ascentStep: 0.2 },
  };
  const disc = (count: number, name: string, radius?: number): number[][] => {
    const stream = random.stream("disc", name);
    return Array.from({ length: count }, () => {
      const angle = 2 * Math.PI * stream.uniform();
      const r = radius ?? Math.sqrt(stream.uniform());
      return [r * Math.cos(angle), r * Math.sin(angle)];
    });
  };
  const curve = (count: number, name: string, shift = 0): number[][] => {
    const stream = random.stream("curve", name);
    return Array.from({ length: count }, (_, k) => {
      const x = 2 * Math.PI * stream.uniform();
      return [x, Math.sin(x) + (k % 2 === 0 ? shift : -shift)];
    });
  };

  it.each([
    ["a sphere of radius 1.2 from the unit ball", disc(600, "a"), disc(300, "b"), disc(300, "c", 1.2), 0.99],
    [
      "a sine curve from itself 0.2 further up or down",
      curve(600, "a"),
      curve(300, "b"),
      curve(300, "c", 0.2),
      0.9,
    ],
  ])("tells %s, as bench/family-tables.js does at full length", async (_, train, normal, abnormal, least) => {
    const model = await new Drocc(quick).fit(tableFromMatrix(train));
    const { scores } = await model.score(tableFromMatrix([...normal, ...abnormal]));
    expect(auroc([...normal.map(() => 0), ...abnormal.map(() => 1)], scores)).toBeGreaterThan(least);
    const { shell: own, biases, members } = Drocc.trainings(model.card)[0]!;
    expect(biases).toBe(true);
    expect(own.outer).toBe(2 * own.radius);
    expect(own.neighbours).toBe(Math.round(Math.sqrt(model.card.data.train)));
    expect(members[0]!.curve.at(-1)!.loss).toBeLessThan(members[0]!.curve[0]!.loss);
    expect(members[0]!.separation).toBeGreaterThan(0);
  });

  it("calls abnormal what is far away, on every side", async () => {
    const stream = random.stream("far");
    const rows = Array.from({ length: 300 }, () => [20 + stream.normal(), stream.normal()]);
    const model = await new Drocc({ ...quick, steps: 200 }).fit(tableFromMatrix(rows));
    const far = [1e2, 1e4, 1e6].flatMap((size) =>
      Array.from({ length: 12 }, (_, k) => [
        size * Math.cos((k * Math.PI) / 6) + 20,
        size * Math.sin((k * Math.PI) / 6),
      ]),
    );
    const { isAnomaly } = await model.score(tableFromMatrix(far));
    expect([...isAnomaly]).toEqual(far.map(() => 1));
  });

  it("learns from labelled anomalies, and ranks others like them higher", async () => {
    const cluster = (count: number, name: string, x: number): number[][] => {
      const stream = random.stream("cluster", name);
      return Array.from({ length: count }, () => [x + 0.1 * stream.normal(), 0.1 * stream.normal()]);
    };
    // Near the middle of a ring, which a wide shell counts as normal.
    const ring = (count: number, name: string): number[][] => disc(count, name, 1);
    const [train, known] = [ring(300, "ring"), cluster(10, "known", 0)];
    const test = [...ring(100, "fresh"), ...cluster(100, "others", 0)];
    const verdicts = Int8Array.from([...train.map(() => -1), ...known.map(() => 1)]);
    const options: DroccInput = { ...quick, steps: 300, radius: 2.5 };
    const quality = async (rows: number[][], labels?: Int8Array): Promise<number> => {
      const model = await new Drocc(options).fit(tableFromMatrix(rows), { labels });
      const { scores } = await model.score(tableFromMatrix(test));
      return auroc([...Array(100).fill(0), ...Array(100).fill(1)], scores);
    };
    expect(await quality(train)).toBeLessThan(0.6);
    expect(await quality([...train, ...known], verdicts)).toBeGreaterThan(0.95);
  });

  it("goes on from a checkpoint to the same bytes, epochs without negatives included", async () => {
    const saved = new Map<string, Checkpoint>();
    const stop = new AbortController();
    let saves = 0;
    const store: CheckpointStore = {
      load: async (key) => saved.get(key),
      save: async (key, { json, vectors }) => {
        saved.set(key, { json: JSON.parse(JSON.stringify(json)), vectors: structuredClone(vectors) });
        if (++saves === 5) stop.abort();
      },
    };
    const detector = new Drocc({ ...quick, epochs: 8, plainEpochs: 2, members: 2 });
    const table = tableFromMatrix(disc(200, "d"));
    const expected = (await detector.fit(table)).toBytes();
    const interrupted = detector.fit(table, { checkpoint: store, signal: stop.signal });
    await expect(interrupted).rejects.toMatchObject({ code: "aborted" });
    expect((await detector.fit(table, { checkpoint: store })).toBytes()).toEqual(expected);
  });

  it("says when a network only ever answered nonsense", async () => {
    const detector = new Drocc({ ...quick, optimizer: "sgd", learningRate: 1, radius: 1e30, epochs: 3 });
    await expect(detector.fit(tableFromMatrix(disc(100, "e")))).rejects.toMatchObject({ code: "collapsed" });
  });

  it("says when training gave nothing, and that the model is not healthy", async () => {
    const warnings: string[] = [];
    const detector = new Drocc({
      ...quick,
      optimizer: "sgd",
      learningRate: 1e-30,
      epochs: 1,
      members: 1,
      mu: 0.5,
    });
    const model = await detector.fit(tableFromMatrix(disc(60, "g")), {
      onWarning: (text) => warnings.push(text),
    });
    const kept = Drocc.trainings(model.card)[0]!.members[0]!.kept;
    expect(kept).toBe(0);
    expect(warnings).toEqual([expect.stringMatching(/^Member 1 of 1 never did better/)]);
    expect(model.card.training).toMatchObject({ health: { healthy: false } });
  });

  it("keeps to a radius that was given", async () => {
    const model = await new Drocc({ ...quick, epochs: 1, radius: 0.7, outerRatio: 3 }).fit(
      tableFromMatrix(disc(60, "f")),
    );
    expect(model.card.training).toMatchObject({ shell: { radius: 0.7, outer: 3 * 0.7 } });
    expect((model.card.training as { shell: object }).shell).not.toHaveProperty("neighbours");
  });

  it("measures by the norm that was asked for, and says so", async () => {
    const table = tableFromMatrix(disc(60, "f"));
    const learn = (norm: Norm) => new Drocc({ ...quick, epochs: 30, norm }).fit(table);
    const [plain, heeding] = [await learn("euclidean"), await learn("gradient")];
    expect(plain.card.training).toMatchObject({ shell: { norm: "euclidean" } });
    expect(heeding.card.training).toMatchObject({ shell: { norm: "gradient" } });
    expect((await heeding.score(table)).scores).not.toEqual((await plain.score(table)).scores);
  });

  const windows = (): Dataset => {
    const stream = random.stream("windows");
    const level = Float64Array.from(
      { length: 400 },
      (_, step) => Math.sin(0.5 * step) + 0.1 * stream.normal(),
    );
    return seriesFromTable(tableFromColumns({ level }), { window: 16, stride: 4 });
  };
  const images = (): Dataset => {
    const stream = random.stream("images");
    const data = (): Uint8Array => Uint8Array.from({ length: 1024 }, (_, k) => (k % 8) * 20 + stream.int(60));
    return imagesFrom(Array.from({ length: 40 }, () => ({ height: 32, width: 32, data: data() })));
  };
  it.each([
    ["windows of a series", windows],
    ["images", images],
  ])("trains the default encoder for %s", async (_, make) => {
    const data = make();
    const model = await new Drocc({ epochs: 6, ascentSteps: 2, latentDim: 16, batchSize: 8 }).fit(data);
    const { scores } = await model.score(data);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(new Set(scores).size).toBeGreaterThan(data.rowCount / 2);
    expect(scores).not.toEqual(await model.untrainedScores(data));
  });
});
