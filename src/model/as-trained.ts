/** Data that were read without knowing the model: cells that mean a missing value to it are missing. */
import { type Dataset, type Reading, type Samples, samplesOf } from "../data/index.js";
import { requireKind } from "../features/index.js";
import { MissingTokens } from "../text/missing-tokens.js";
import type { ModelCard } from "./card.js";

/**
 * Data for a model, as samples. Where nothing was said of missing values in reading them, those that the model remembers
 * become missing, in the columns that it takes: a table in memory is judged as the file with the same rows.
 * @throws HypersphereError `schema-mismatch` for data of another kind than the model's
 */
export function samplesFor<D extends Dataset>(
  { schema, reading }: Pick<ModelCard, "schema" | "reading">,
  given: D | Samples<D>,
): Samples<D> {
  const samples = samplesOf(given);
  if (reading === undefined || samples.reading?.missing !== undefined) return samples;
  const kind = requireKind(samples.data, schema);
  const data = kind.withMissing(samples.data, schema, tokensOf(reading));
  return data === samples.data ? samples : { ...samples, data: data as D };
}

const known = new WeakMap<Reading, MissingTokens>();

function tokensOf(reading: Reading): MissingTokens {
  const found = known.get(reading);
  if (found !== undefined) return found;
  const tokens = new MissingTokens(reading.missing, reading.missingAmongNumbers);
  known.set(reading, tokens);
  return tokens;
}
