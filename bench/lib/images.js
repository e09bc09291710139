import { existsSync } from "node:fs";
import { join } from "node:path";
import { built, dataFolder } from "./root.js";

const { open } = await import(built("index.js"));
const { readCifarBinary, readIdx, readNpzImages } = await import(built("doors/io.js"));

/** The folder of a set of images. Ends with a hint where it is not there. */
function folderOf(name) {
  const folder = join(dataFolder, "images", name);
  if (existsSync(folder)) return folder;
  console.error(`There is no ${folder}: set HYPERSPHERE_DATA to the folder that holds images/.`);
  return process.exit(1);
}

/** Fashion-MNIST: 60 000 images to train and 10 000 to test, with their classes. */
export async function fashionMnist() {
  const folder = folderOf("fashion-mnist");
  const read = (part) =>
    readIdx(join(folder, `${part}-images-idx3-ubyte.gz`), {
      labels: join(folder, `${part}-labels-idx1-ubyte.gz`),
    });
  return { train: await read("train"), test: await read("t10k") };
}

/** The subset of CIFAR-10 that was decoded from JPEGs: 8 000 images to train and 4 000 to test. */
export async function cifar10() {
  const folder = folderOf("cifar10");
  const read = (part) => readCifarBinary(join(folder, `jpeg_${part}.bin.gz`));
  return { train: await read("train_8000"), test: await read("test_4000") };
}

/** PneumoniaMNIST: X-rays of chests, 28 x 28; normal ones are of class 0. */
export async function pneumoniaMnist() {
  const file = join(folderOf("pneumoniamnist"), "pneumoniamnist.npz");
  return {
    train: await readNpzImages(file, { part: "train" }),
    test: await readNpzImages(file, { part: "test" }),
  };
}

/** BSData: pictures of ball screw drives, 320 x 130; those without pitting are of class 0. */
export async function bsData() {
  const folder = folderOf("bsdata-pitting");
  const read = async (part) => {
    const { data, labels } = await open(folder, { part });
    return { images: data, classes: labels ?? new Int8Array(data.rowCount) };
  };
  return { train: await read("train"), test: await read("test") };
}

/**
 * The networks of Deep SAD's code and its settings, which leave pixels as they are, but for fewer epochs at one rate;
 * training ends early by the product's own rules.
 */
const COMMON = {
  contrast: "none",
  members: 1,
  whiten: false,
  slope: 0.01,
  initialization: "pytorch",
  reconstruction: "sigmoid",
  batchSize: 128,
  pretrainLearningRate: 1e-4,
  learningRate: 1e-4,
  weightDecay: 0.5e-6,
  calibrationFraction: 0.1,
};
export const DEEP_SAD_SETTINGS = {
  fashionMnist: { ...COMMON, encoder: "fashion-mnist-lenet", latentDim: 64, pretrainWeightDecay: 0.5e-3 },
  cifar10: { ...COMMON, encoder: "cifar10-lenet", latentDim: 128, pretrainWeightDecay: 0.5e-6 },
};
