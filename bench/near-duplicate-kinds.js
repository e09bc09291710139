/**
 * Which second shots of one thing `fit` finds, and what those that it misses do to a promise. Each of 80 things is there twice among
 * 160: as it is, and changed in one way. Then the 80 train both times, and new things, half of them changed, test: with pairs held out
 * together where they are found, and as if all had been found.
 */
import { join } from "node:path";
import sharp from "sharp";
import { Report } from "./lib/report.js";
import { built, dataFolder } from "./lib/root.js";
import { mean, percent } from "./lib/stats.js";

const { detectors, imagesFrom, open } = await import(built("index.js"));
const { createRandom } = await import(built("math/random.js"));
const { indicesOf, kinds } = await import(built("features/index.js"));

const report = new Report("near-duplicate-kinds", "Which second shots of one thing are found", {
  detectors: { type: "string", default: "knn,pca" },
  repeats: { type: "string", default: "5" },
  ways: { type: "string", default: "" },
  options: { type: "string", default: "{}" },
});
const names = report.flags.detectors.split(",");
const REPEATS = Number(report.flags.repeats);
/** Only ways of that beginning, and options of the detectors beside the seed. */
const { ways } = report.flags;
const options = JSON.parse(report.flags.options);
const [THINGS, ALONE, NEW] = [80, 80, 200];

const search = kinds.images.nearDuplicates;
const clamp = (value) => Math.min(255, Math.max(0, Math.round(value)));
const each = (image, of) => ({
  ...image,
  data: Uint8Array.from(image.data, (value, at) => clamp(of(value, at))),
});

/** Ways in which a second shot differs; each is given an image, its channels and random numbers. */
const WAYS = {
  "darker, 0.7 of the light": (image) => each(image, (value) => 0.7 * value),
  "noise of 8 grey levels": (image, _, random) => each(image, (value) => value + 8 * random.normal()),
  "JPEG of quality 30": (image, channels) => through(image, channels, (shown) => shown.jpeg({ quality: 30 })),
  "moved by 6 % of the side": (image, channels) => moved(image, channels, Math.round(0.06 * image.width)),
  "turned by 2 degrees": (image, channels) => turned(image, channels, 2),
  "turned by 10 degrees": (image, channels) => turned(image, channels, 10),
  "taken from nearer, 0.8 of the side": (image, channels) => nearer(image, channels, 0.8),
  "shaded, 0.8 to 1.2 of the light": (image, channels) =>
    each(
      image,
      (value, at) => value * (0.8 + (0.4 * (Math.floor(at / channels) % image.width)) / image.width),
    ),
  mirrored: (image, channels) => through(image, channels, (shown) => shown.flop().png()),
  "turned by 90 degrees": (image, channels) => through(image, channels, (shown) => shown.rotate(90).png()),
};

const picture = ({ height, width, data }, channels) =>
  sharp(Buffer.from(data), { raw: { height, width, channels } });

async function plain(pipeline, channels) {
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  const pixels = info.width * info.height;
  const values = Uint8Array.from({ length: pixels * channels }, (_, at) => {
    const [pixel, channel] = [Math.floor(at / channels), at % channels];
    return data[pixel * info.channels + channel];
  });
  return { height: info.height, width: info.width, data: values };
}

/** Through a file of the format that `change` ends with. */
const through = async (image, channels, change) =>
  plain(sharp(await change(picture(image, channels)).toBuffer()), channels);

function moved(image, channels, by) {
  const { height, width, data } = image;
  return each(image, (_, at) => {
    const [pixel, channel] = [Math.floor(at / channels), at % channels];
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    const from = Math.min(height - 1, y + by) * width + Math.min(width - 1, x + by);
    return data[from * channels + channel];
  });
}

function nearer(image, channels, share) {
  const { height, width } = image;
  const [seenHeight, seenWidth] = [Math.round(share * height), Math.round(share * width)];
  const part = {
    left: (width - seenWidth) >> 1,
    top: (height - seenHeight) >> 1,
    width: seenWidth,
    height: seenHeight,
  };
  return through(image, channels, (shown) =>
    shown.extract(part).resize(width, height, { fit: "fill" }).png(),
  );
}

/** About the middle; what comes in from outside is as the border is. */
async function turned(image, channels, degrees) {
  const { height, width } = image;
  const [down, across] = [height >> 1, width >> 1];
  const margin = { top: down, bottom: down, left: across, right: across, extendWith: "copy" };
  const wide = await picture(image, channels).extend(margin).png().toBuffer();
  const { data, info } = await sharp(wide).rotate(degrees).png().toBuffer({ resolveWithObject: true });
  const part = { left: (info.width - width) >> 1, top: (info.height - height) >> 1, width, height };
  return plain(sharp(await sharp(data).extract(part).png().toBuffer()), channels);
}

/** A shot of its own: a little light and noise tell it from others. */
const taken = (image, random) => {
  const gain = 0.95 + 0.1 * random.uniform();
  return each(image, (value) => gain * value + 3 * random.normal());
};

const sets = {
  "PneumoniaMNIST, normal": await open(join(dataFolder, "images/pneumoniamnist/pneumoniamnist.npz"), {
    normalClass: 0,
    part: "train",
  }),
  "CIFAR-10, airplanes": await open(join(dataFolder, "images/cifar10/jpeg_train_8000.bin.gz"), {
    normalClass: 0,
  }),
};

/** Each pair in a group of its own: what the search should find. */
const allPairs = (images) => ({
  of: Uint32Array.from({ length: images.rowCount }, (_, row) => row % THINGS),
  count: THINGS,
});

async function flagged(detector, train, test, seed) {
  const model = await detectors[detector].create({ seed, ...options }).fit(train);
  const promised = model.card.threshold.expectedFalseAlarmRate;
  const { isAnomaly } = await model.score(test);
  await model.close();
  return { promised, share: mean(Array.from(isAnomaly)) };
}

const rows = [];
for (const [set, { data, labels }] of Object.entries(sets)) {
  const normals = indicesOf(labels, (label) => label === 0);
  for (const [way, change] of Object.entries(WAYS).filter(([name]) => name.startsWith(ways))) {
    const of = () =>
      Object.fromEntries(
        names.flatMap((name) => ["search", "all pairs"].map((mode) => [`${name} ${mode}`, []])),
      );
    const runs = { found: [], wrong: [], promised: of(), share: of() };
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const random = createRandom(repeat).stream("shots");
      const order = random.permutation(normals.length);
      const read = (places) => Promise.all(Array.from(places, (place) => data.read(normals[place])));
      const again = async (image) => taken(await change(image, data.channels, random), random);
      const things = (await read(order.subarray(0, THINGS))).map((image) => taken(image, random));
      const seconds = [];
      for (const image of things) seconds.push(await again(image));
      const alone = (await read(order.subarray(THINGS, THINGS + ALONE))).map((image) => taken(image, random));
      const groups = await search(imagesFrom([...things, ...seconds, ...alone]));
      const group = groups?.of ?? Uint32Array.from({ length: 2 * THINGS + ALONE }, (_, row) => row);
      runs.found.push(mean(things.map((_, row) => (group[row] === group[row + THINGS] ? 1 : 0))));
      const sizes = new Map();
      for (const number of group) sizes.set(number, (sizes.get(number) ?? 0) + 1);
      runs.wrong.push(group.filter((number, row) => row >= 2 * THINGS && sizes.get(number) > 1).length);

      const train = imagesFrom([...things, ...seconds]);
      const test = [];
      const strangers = await read(order.subarray(THINGS + ALONE, THINGS + ALONE + NEW));
      for (const [k, image] of strangers.entries())
        test.push(k % 2 === 0 ? taken(image, random) : await again(image));
      for (const detector of names) {
        for (const [mode, found] of Object.entries({ search, "all pairs": allPairs })) {
          kinds.images.nearDuplicates = found;
          const { promised, share } = await flagged(detector, train, imagesFrom(test), repeat);
          runs.promised[`${detector} ${mode}`].push(promised);
          runs.share[`${detector} ${mode}`].push(share);
        }
        kinds.images.nearDuplicates = search;
      }
    }
    rows.push({
      set,
      "second shot": way,
      found: percent(mean(runs.found)),
      "alone, in groups": mean(runs.wrong).toFixed(1),
      ...Object.fromEntries(
        names.map((name) => [
          `${name}: promised, flagged`,
          `${percent(mean(runs.promised[`${name} search`]))}, ${percent(mean(runs.share[`${name} search`]))}`,
        ]),
      ),
      ...Object.fromEntries(
        names.map((name) => [
          `${name}, all pairs known`,
          `${percent(mean(runs.promised[`${name} all pairs`]))}, ${percent(mean(runs.share[`${name} all pairs`]))}`,
        ]),
      ),
    });
  }
}
report.note(
  `${THINGS} things are there twice, ${ALONE} once; "alone" counts those of the latter that are in groups. The ${THINGS} train with both ` +
    `shots, ${NEW} new things test, every other one changed likewise. Means of ${REPEATS} repeats. ` +
    "`node bench/near-duplicate-kinds.js --write` makes this table.",
);
report.table(rows);
report.end();
