/**
 * What random networks know of Fashion-MNIST: the papers' network with its starting weights, with the running statistics
 * that its batch normalisation has of the training images, and the same with a whitened latent space. AUROC on all test
 * images, each class normal in turn.
 *
 *     node bench/untrained-images.js
 */
import { fashionMnist } from "./lib/images.js";
import { Report } from "./lib/report.js";
import { built } from "./lib/root.js";

const { DeepSvdd } = await import(built("index.js"));
const { oneClass, selectImages } = await import(built("doors/data.js"));
const { auroc } = await import(built("metrics/index.js"));

const report = new Report("untrained-images", "Fashion-MNIST by random networks", {
  seeds: { type: "string", default: "0,1" },
});
const { train, test } = await fashionMnist();
const settings = {
  ...{ encoder: "fashion-mnist-lenet", latentDim: 64, members: 1, originOffset: 0, slope: 0.01 },
  ...{ initialization: "pytorch", pretrain: false, epochs: 0 },
};
const rows = [];
for (const whiten of [false, true]) {
  for (const seed of report.flags.seeds.split(",").map(Number)) {
    const classes = [];
    for (let normal = 0; normal < 10; normal++) {
      const images = selectImages(train.images, oneClass(train.classes, normal).normalRows);
      const model = await new DeepSvdd({ ...settings, seed, whiten }).fit(images);
      const { scores } = await model.score(test.images);
      classes.push(auroc(oneClass(test.classes, normal).labels, scores));
    }
    rows.push({ whiten, seed, mean: classes.reduce((sum, value) => sum + value, 0) / 10, classes });
  }
}
report.table(
  rows.map(({ whiten, seed, mean, classes }) => ({
    "latent space": whiten ? "whitened" : "as it is",
    seed,
    ...Object.fromEntries(classes.map((value, k) => [k, value.toFixed(3)])),
    mean: mean.toFixed(3),
  })),
);
report.keep({ rows });
report.end();
