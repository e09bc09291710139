import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { build, Workspace } from "./cli.js";

const shared = (path: string): string =>
  fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url));
const work = new Workspace();
const small = ["--detector", "deep-svdd", "--members", "1", "--pretrain-epochs", "1", "--epochs", "1"];

/** Real data of the developers, where it is there. */
describe.skipIf(!existsSync(shared("README.md")))("real data", () => {
  beforeAll(build);

  test("NPZ with labels: train and evaluate without a flag", async () => {
    const file = shared("tabular/adbench/6_cardio.npz");
    await work.ok(["train", file, "--out", "cardio.onnx"]);
    const found = (await work.json(["evaluate", "cardio.onnx", file, "--json"])) as {
      ranking: { auroc: number };
    };
    expect(found).toMatchObject({ labels: { normals: 1655, anomalies: 176 } });
    expect(found.ranking.auroc).toBeGreaterThan(0.85);
  });

  test("compressed CSV with categories and named labels", async () => {
    const labels = ["--label-column", "attack", "--normal-label", "normal"];
    const train = ["train", shared("tabular/nsl-kdd/KDDTrain+_20Percent.csv.gz"), "--out", "kdd.onnx"];
    await work.ok([...train, ...labels, "--exclude", "level", ...small]);
    const test = shared("tabular/nsl-kdd/KDDTest+.csv.gz");
    const found = (await work.json(["evaluate", "kdd.onnx", test, ...labels, "--json"])) as {
      ranking: { auroc: number };
    };
    expect(found).toMatchObject({ labels: { anomalies: 12833 } });
    expect(found.ranking.auroc).toBeGreaterThan(0.8);
  });
});
