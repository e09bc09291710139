import type { FeatureMatrix } from "../../features/index.js";
import type { DecodedRows } from "../../model/contract.js";
import type { EncoderDesign } from "../../nn/encoder.js";
import { ParameterLayout } from "../../nn/parameters.js";
import type { Runtime } from "../../runtime/index.js";
import { Forward } from "../../train/forward.js";
import type { MemberRows } from "./rows.js";

/** Rows that are decoded for a person to look at, and numbers in them. */
const MOST_ROWS = 200;
const MOST_NUMBERS = 2 ** 18;

/**
 * What the autoencoder of pretraining makes of rows held out, and of the mean of its latent vectors: whitening moves that
 * mean to the centre, so that the picture of it is the decoder's picture of the centre.
 */
export async function decodedRows(
  { encoder, decoder, latentDim }: EncoderDesign,
  parameters: Float32Array,
  { validation, sample, origin }: Pick<MemberRows, "validation" | "sample" | "origin">,
  runtime: Runtime,
): Promise<Omit<DecodedRows, "member">> {
  const { columns } = validation;
  const layout = new ParameterLayout([...encoder.parameters, ...decoder.parameters]);
  const rows = Math.max(1, Math.min(MOST_ROWS, validation.rows, Math.floor(MOST_NUMBERS / columns)));
  const shown = { rows, columns, data: validation.data.slice(0, rows * columns) };
  const encode = await Forward.open(runtime, layout, columns, (x, p) => encoder.forward(x, p));
  const decode = await Forward.open(runtime, layout, latentDim, (z, p) => decoder.forward(z, p));
  try {
    const asLatent = (values: Float32Array): FeatureMatrix => ({
      rows: values.length / latentDim,
      columns: latentDim,
      data: Float32Array.from(values),
    });
    const latent = await encode.run(parameters, shown);
    const centre = meanOf(asLatent(await encode.run(parameters, sample)));
    const fromOrigin = (values: Float32Array): Float32Array<ArrayBuffer> =>
      Float32Array.from(values, (value, k) => value + origin[k % columns]!);
    return {
      given: { ...shown, data: fromOrigin(shown.data) },
      made: { rows, columns, data: fromOrigin(await decode.run(parameters, asLatent(latent))) },
      centre: fromOrigin(await decode.run(parameters, asLatent(centre))),
    };
  } finally {
    await encode.close();
    await decode.close();
  }
}

function meanOf({ rows, columns, data }: FeatureMatrix): Float32Array {
  const sums = new Float64Array(columns);
  for (let k = 0; k < data.length; k++) sums[k % columns]! += data[k]!;
  return Float32Array.from(sums, (sum) => sum / rows);
}
