/** Models with valid cards and checksums that do harm when they run. */
import { tableFromColumns } from "../src/data/index.js";
import { fitFeatureSchema } from "../src/features/index.js";
import { add, cast, expand, loop, mul, reshape, sum, type Tensor } from "../src/graph/index.js";
import { buildModel } from "../src/model/build.js";
import { MODEL_FORMAT, type ModelCard } from "../src/model/card.js";
import { percentileThreshold } from "../src/scoring/index.js";

export const strangeRows = tableFromColumns({ a: Float64Array.from({ length: 40 }, (_, k) => k) }, "rows");
export const strangeCsv = `a\n${Array.from({ length: 40 }, (_, k) => k).join("\n")}\n`;

function model(score: (plain: Tensor) => Tensor): Promise<Uint8Array> {
  const rows = Uint32Array.from({ length: 40 }, (_, k) => k);
  const schema = { kind: "table", ...fitFeatureSchema(strangeRows, rows, "standard") } as const;
  const calibration = Float32Array.from({ length: 30 }, (_, k) => k / 10);
  const card: ModelCard = {
    format: MODEL_FORMAT,
    detector: "knn",
    options: {},
    versions: { hypersphere: "0", onnxruntime: "0", runtime: "native" },
    data: { rows: 40, train: 10, validation: 0, calibration: 30, fingerprint: "" },
    schema,
    training: null,
    threshold: percentileThreshold(calibration, 90),
    operatingPoints: {},
  };
  const scorer = { score: (features: Tensor) => score(sum(features, [1])), training: null };
  return buildModel({ scorer, card, calibration, untrained: undefined });
}

/** Scores by the sum of the features, and does no harm. */
export const tameModel = (): Promise<Uint8Array> => model((plain) => plain);

/** Never comes to an end: the loop adds nothing to the score, 2^62 times. */
export const endlessModel = (): Promise<Uint8Array> =>
  model((plain) => {
    const { graph } = plain;
    const steps = graph.constant("int64", [], BigInt64Array.of(2n ** 62n));
    const { carried } = loop(graph, steps, [plain], (step, [score]) => ({
      carried: [add(score!, mul(cast(step, "float32"), 0))],
      collected: [],
    }));
    return carried[0]!;
  });

/** Takes 8 GB. */
export const hungryModel = (): Promise<Uint8Array> =>
  model((plain) => {
    const one = reshape(sum(plain, [0]), [1, 1]);
    const wide = expand(one, [1, 2_000_000_000]);
    return add(plain, mul(sum(wide, [0, 1]), 0));
  });
