import { describe, expect, it } from "vitest";
import { failedRow, goodRow } from "../../../test/comparison-rows.js";
import type { JobRow } from "./job.js";
import { recommend } from "./recommend.js";
import { summarize } from "./summary.js";

const advise = (rows: readonly JobRow[]) => recommend(summarize(rows));
const caution = "This choice was made with labels: expect a little less on data that had no part in it.";

describe("recommend", () => {
  it("a clear winner, with its lead and its pace", () => {
    const { detector, sentences } = advise([
      goodRow("a", "knn", 0, { auroc: 0.9, fitSeconds: 0.1, scoreSeconds: 0.1 }),
      goodRow("a", "deep-svdd", 0, { auroc: 0.86, fitSeconds: 5, scoreSeconds: 1 }),
    ]);
    expect(detector).toBe("knn");
    expect(sentences).toEqual([
      "Use knn here: it is ahead of deep-svdd by 0.040 in mean AUROC, and 30 times faster.",
      caution,
    ]);
  });

  it("a clear winner that is slower", () => {
    const [verdict] = advise([
      goodRow("a", "knn", 0, { auroc: 0.8, fitSeconds: 0.5, scoreSeconds: 0.5 }),
      goodRow("a", "deep-svdd", 0, { auroc: 0.9, fitSeconds: 2, scoreSeconds: 0.5 }),
    ]).sentences;
    expect(verdict).toBe(
      "Use deep-svdd here: it is ahead of knn by 0.100 in mean AUROC, though 2.5 times slower.",
    );
  });

  it("the faster one of two that are as good", () => {
    const { detector, sentences } = advise([
      goodRow("a", "deep-svdd", 0, { auroc: 0.904, fitSeconds: 8, scoreSeconds: 0 }),
      goodRow("a", "knn", 0, { auroc: 0.9, fitSeconds: 1, scoreSeconds: 0 }),
      goodRow("a", "fast-and-bad", 0, { auroc: 0.6, fitSeconds: 0.01, scoreSeconds: 0 }),
    ]);
    expect(detector).toBe("knn");
    expect(sentences[0]).toBe(
      "Use knn here: it is within 0.004 of deep-svdd in mean AUROC, and 8.0 times faster.",
    );
  });

  it("says of a lead that three digits do not show that there is none", () => {
    const pair = (fitSeconds: number) => [
      goodRow("a", "x", 0, { auroc: 0.9001, fitSeconds, scoreSeconds: 0 }),
      goodRow("a", "y", 0, { auroc: 0.9, fitSeconds: 2, scoreSeconds: 0 }),
    ];
    expect(advise(pair(1)).sentences[0]).toBe(
      "Use x here: it and y have the same mean AUROC to three digits, and 2.0 times faster.",
    );
    expect(advise(pair(4)).sentences[0]).toBe(
      "Use y here: it is no worse than x in mean AUROC to three digits, and 2.0 times faster.",
    );
  });

  it("does not call a difference in time one that is not", () => {
    const [verdict] = advise([
      goodRow("a", "x", 0, { auroc: 0.9 }),
      goodRow("a", "y", 0, { auroc: 0.8 }),
    ]).sentences;
    expect(verdict).toBe("Use x here: it is ahead of y by 0.100 in mean AUROC, and about as fast.");
  });

  it("a single detector is not called a choice", () => {
    expect(advise([goodRow("a", "knn", 0)]).sentences).toEqual([
      "Use knn here: it was the only detector compared, with a mean AUROC of 0.900.",
    ]);
  });

  it("says when training did not help, and how much it did", () => {
    const { sentences } = advise([
      goodRow("a", "deep-svdd", 0, { auroc: 0.9, untrainedAuroc: 0.91 }),
      goodRow("a", "autoencoder", 0, { auroc: 0.8, untrainedAuroc: 0.75 }),
    ]);
    expect(sentences).toContain(
      "Training did not help deep-svdd: its networks have 0.910 before training and 0.900 after.",
    );
    expect(sentences).toContain("Training gave autoencoder 0.050 over its untrained networks.");
  });

  it("says over several data sets whether ranks differ significantly", () => {
    const rows = (datasets: number) =>
      Array.from({ length: datasets }, (_, k) => [
        goodRow(`d${k}`, "x", 0, { auroc: 0.9 }),
        goodRow(`d${k}`, "y", 0, { auroc: 0.8 }),
      ]).flat();
    expect(advise(rows(2)).sentences[1]).toMatch(
      /^Over 2 data sets the mean ranks of x and y do not differ significantly/,
    );
    expect(advise(rows(10)).sentences[1]).toBe(
      "Over 10 data sets their mean ranks differ significantly (Nemenyi, 5 %).",
    );
  });

  it("counts failures, and names detectors that have nothing to show", () => {
    const { detector, sentences } = advise([
      goodRow("a", "knn", 0),
      goodRow("b", "knn", 0),
      goodRow("a", "pca", 0, { auroc: 0.7 }),
      failedRow("b", "pca", 0),
      failedRow("a", "one-class-svm", 0),
      failedRow("b", "one-class-svm", 0),
    ]);
    expect(detector).toBe("knn");
    expect(sentences).toContain("3 runs failed; data sets with a failure are left out of means and ranks.");
    expect(sentences).toContain("Without any result, and left out of the comparison: one-class-svm.");
  });

  it("has nothing to say without common data sets, or without results", () => {
    const apart = advise([
      goodRow("a", "knn", 0),
      failedRow("b", "knn", 0),
      failedRow("a", "pca", 0),
      goodRow("b", "pca", 0),
    ]);
    expect(apart.detector).toBeUndefined();
    expect(apart.sentences).toEqual([
      "No data set was managed by all detectors: there is nothing to compare.",
      "2 runs failed; data sets with a failure are left out of means and ranks.",
    ]);
    expect(advise([failedRow("a", "knn", 0)]).sentences).toEqual([
      "No run succeeded: there is nothing to compare.",
      "1 run failed.",
    ]);
  });
});
