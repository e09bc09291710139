import { HypersphereError } from "../errors.js";
import { kindOfSchema } from "../features/index.js";
import { type DecodedModel, type DecodedTensor, type DecodedValue, formatShape } from "../graph/index.js";
import { CONTRIBUTION, type ModelCard, viewOutput } from "./card.js";
import { wrongCard } from "./check-card.js";
import { COLUMN_MAP } from "./recalibrate.js";

/**
 * Whether the graph of a file is what its card says: inputs, outputs, threshold and calibration scores.
 * @throws HypersphereError `invalid-model`
 */
export function checkFile(decoded: DecodedModel, card: ModelCard): void {
  const inputs = kindOfSchema(card.schema).inputs(card.schema);
  requireValues("input", decoded.inputs, inputs);
  requireValues("output", decoded.outputs, [
    { name: "score", dtype: "float32", shape: ["rows"] },
    { name: "p_value", dtype: "float32", shape: ["rows"] },
    { name: "is_anomaly", dtype: "bool", shape: ["rows"] },
    ...(card.probability === undefined
      ? []
      : [{ name: "probability", dtype: "float32", shape: ["rows"] } as const]),
    ...(card.map === undefined
      ? []
      : [{ name: "map", dtype: "float32", shape: ["rows", card.map.height, card.map.width] } as const]),
    ...(card.contribution === undefined
      ? []
      : [{ name: CONTRIBUTION, dtype: "float32", shape: ["rows", ...card.contribution.shape] } as const]),
    ...(card.views ?? []).map((name) => ({
      name: viewOutput(name),
      dtype: "float32",
      shape: ["rows"],
    })),
  ]);
  const [threshold] = initializer(decoded, "threshold", 1);
  if (threshold !== Math.fround(card.threshold.threshold)) {
    throw wrongCard("threshold.threshold", card.threshold.threshold, `${threshold}, as in the graph`);
  }
  checkCalibration(initializer(decoded, "calibration"), card.data.calibration);
  checkMap(decoded, card);
}

type Expected = Pick<DecodedValue, "name" | "shape"> & { readonly dtype: string };

function requireValues(
  what: "input" | "output",
  values: readonly DecodedValue[],
  expected: readonly Expected[],
): void {
  const text = ({ name, dtype, shape }: Expected | DecodedValue): string =>
    `${JSON.stringify(name)} ${dtype ?? "of another type"} ${formatShape(shape.map((dim) => (typeof dim === "number" ? dim : "?")))}`;
  const list = (all: readonly (Expected | DecodedValue)[]): string => all.map(text).sort().join(", ");
  if (list(values) === list(expected)) return;
  throw new HypersphereError(
    "invalid-model",
    `The model's card and its graph do not fit: the ${what}s are ${list(values)}, expected ${list(expected)}.`,
    { hint: "Copy the original again, or train the model again." },
  );
}

function initializer(decoded: DecodedModel, name: string, length?: number): Float32Array {
  const { dtype, data }: DecodedTensor = decoded.initializer(name);
  if (dtype === "float32" && (length === undefined || data.length === length)) return data as Float32Array;
  throw new HypersphereError(
    "invalid-model",
    `The model's initializer "${name}" holds ${data.length} values of ${dtype}, expected ${length ?? "some"} of float32.`,
    { hint: "Copy the original again, or train the model again." },
  );
}

/**
 * The map of an adapted model is the card's, number by number, and other models have none. What would change nothing, factors
 * of 1 and offsets of 0 throughout, is not in the graph.
 */
function checkMap(decoded: DecodedModel, { adapted }: ModelCard): void {
  const isSame = ([name, neutral]: readonly ["factor" | "offset", number]): boolean => {
    const has = decoded.initializerNames.includes(COLUMN_MAP[name]);
    if (adapted === undefined) return !has;
    const { columns } = adapted;
    const values = has ? decoded.initializer(COLUMN_MAP[name]).data : columns.map(() => neutral);
    return values.length === columns.length && columns.every((column, k) => column[name] === values[k]);
  };
  const same = [["factor", 1] as const, ["offset", 0] as const].every(isSame);
  if (!same) throw wrongCard("adapted", adapted ?? null, "the map of columns in the graph");
}

/** Ascending, as many as the card says, and infinity from there on. */
function checkCalibration(padded: Float32Array, count: number): void {
  const real = padded.findIndex((value, k) => !Number.isFinite(value) || (k > 0 && value < padded[k - 1]!));
  const found = real === -1 ? padded.length : real;
  const rest = padded.subarray(found).every((value) => value === Number.POSITIVE_INFINITY);
  if (found === count && rest) return;
  throw wrongCard(
    "data.calibration",
    count,
    rest ? `${found}, as in the graph` : "ascending calibration scores",
  );
}
