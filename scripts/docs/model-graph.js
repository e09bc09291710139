// Inputs and outputs of a model's graph, from the code that builds it.
import { kinds } from "../../dist/features/kinds/index.js";
import { cast, decodeModel, mean, mul, reshape } from "../../dist/graph/index.js";
import { buildModel } from "../../dist/model/build.js";
import { withContributionOutput } from "../../dist/model/contribution.js";
import { withProbabilityOutput } from "../../dist/model/probability.js";
import { code, table } from "./markdown.js";

/** Lengths in words. Each number stands for one thing alone, and is fixed by the model; names are free. */
const WORDS = {
  3: "channels",
  5: "numeric columns",
  7: "categorical columns",
  48: "window",
  64: "height of training",
  96: "width of training",
  height: "any height",
  width: "any width",
};

const column = (name) => ({ name, fill: 0, center: 0, scale: 1, min: 0, max: 1, missing: 0 });
const category = (name) => ({ name, levels: ["a", "b"], shares: [0.5, 0.5, 0], missing: 0 });
const columns = {
  scaling: "standard",
  numeric: Array.from({ length: 5 }, (_, k) => column(`n${k}`)),
  categorical: Array.from({ length: 7 }, (_, k) => category(`c${k}`)),
  dropped: [],
};
const image = { kind: "images", channels: 3, height: 64, width: 96, contrast: "gcn", min: 0, max: 1 };

/** Schemas that show what a kind's inputs can be, each with what sets it apart. */
const examples = {
  table: [["", { kind: "table", ...columns }]],
  series: [["", { kind: "series", layout: { window: 48, stride: 1, season: "day" }, steps: columns }]],
  images: [
    ["of one size in training", { ...image, resized: false }],
    ["of several sizes in training", { ...image, resized: true }],
  ],
};

const CONTENTS = {
  numeric: "numeric columns in the order of the card; NaN where missing",
  categorical: "categorical columns in the order of the card; the empty text where missing",
  time: "when the window ends, in seconds since 1970 by the clock that the time column states (UTC where it states an offset); only of models that compare within a [season](series.md#seasons)",
  image:
    "pixels from 0 to 255, one channel (grey) or three (R, G, B); all images of one run have the same size",
};

/** One row per input of every kind of data. */
export function inputTable() {
  const rows = Object.entries(kinds).flatMap(([name, kind]) => {
    if (examples[name] === undefined)
      throw new Error(`scripts/docs/model-graph.js: no example of "${name}".`);
    return examples[name].flatMap(([note, schema]) =>
      kind
        .inputs(schema)
        .map(({ name, dtype, shape }) => [
          note === "" ? kind.noun.all : `${kind.noun.all}, ${note}`,
          code(name),
          dtype,
          `[${shape.map((length) => WORDS[length] ?? length).join(", ")}]`,
          meaning(CONTENTS, name),
        ]),
    );
  });
  return table(["model for", "input", "type", "shape", "contents"], rows);
}

const OUTPUTS = {
  score: "higher is more abnormal",
  p_value:
    "(1 + number of calibration scores ≥ score, [ties included](#one-row-one-decision)) / (calibration scores + 1); [of several detectors](calibration.md#in-the-file) in cross-conformal models",
  is_anomaly: "score > threshold, strictly; not where they are tied",
  view_NAME:
    "what one of the views says that the score joins: deviations above what is usual to it, see [contrast](detectors/contrast.md#formula); an output for each of the card's `views`, absent without",
  contribution:
    "what each column adds to the score, [exactly](explain.md#in-the-model-file); of windows [rows, steps, columns], of images [rows, height, width]; absent without `train --explain`",
  probability:
    "probability of being an anomaly at a stated prevalence, [learned from labels](probabilities.md); absent until `calibrate` has added it",
};

/** One row per output, from a model that is built for this. */
export async function outputTable() {
  const [[, schema]] = examples.table;
  const model = await buildModel({
    scorer: {
      score: (features) => mean(features, [1]),
      views: { names: ["NAME"], values: (features) => [mean(features, [1])] },
      training: null,
    },
    card: { detector: "example", schema, threshold: { threshold: 0 } },
    calibration: Float32Array.of(0, 1),
    untrained: undefined,
  });
  const curve = { method: "platt", centre: 0, scale: 1, slope: 1, intercept: 0 };
  const terms = {
    of(_, inside, partOf) {
      const score = reshape(cast(inside.value("score", "float32", ["rows"]), "float64"), ["rows", 1]);
      const { length } = partOf;
      return mul(score, score.graph.constant("float64", [1, length], new Float64Array(length)));
    },
  };
  const explained = withContributionOutput(model, { schema, inside: { score: "score" } }, terms);
  const { outputs } = decodeModel(withProbabilityOutput(explained, curve));
  const rows = outputs.map(({ name, dtype, shape }) => [
    code(name),
    dtype,
    `[${shape.map((length) => (typeof length === "number" ? "columns" : length)).join(", ")}]`,
    meaning(OUTPUTS, name),
  ]);
  return table(["output", "type", "shape", "contents"], rows);
}

function meaning(meanings, name) {
  if (meanings[name] === undefined) throw new Error(`scripts/docs/model-graph.js: what is "${name}"?`);
  return meanings[name];
}
