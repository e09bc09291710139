import type { RowEntities, Samples } from "../data/index.js";
import { HypersphereError } from "../errors.js";
import { kindOf } from "../features/index.js";

/** The rows of one entity, as samples of their own. */
export interface EntityPart {
  /** Undefined for rows that say of no entity that they are its. */
  readonly name: string | undefined;
  /** Places of the rows among all, ascending. */
  readonly rows: Uint32Array;
  /** Places of the observations among all, ascending. */
  readonly observations: Uint32Array;
  samples(): Samples;
}

/** @throws HypersphereError `invalid-option` for samples that do not say which entity a row is of */
export function entitiesOf({ entities, data }: Samples): RowEntities {
  if (entities !== undefined) return entities;
  throw new HypersphereError("invalid-option", `${data.source}: nothing says which entity each row is of.`, {
    hint: 'Open the data with option "perEntity", such as { perEntity: "machine" }, or for a fleet with { model: fleet }.',
  });
}

/** Deals the rows of samples to their entities, in the order of `entities.names`; rows without one come last. */
export function partsOf(samples: Samples): EntityPart[] {
  const { names, codes } = entitiesOf(samples);
  const without = names.length;
  const groups = codes.map((code) => (code === -1 ? without : code));
  const shares = kindOf(samples.data).deal(samples.data, groups, without + 1);
  const part = (group: number): EntityPart => {
    const rows = shares.rows(group);
    return {
      name: names[group],
      rows,
      observations: shares.observations(group),
      samples: () => partOf(samples, rows, shares.data(group)),
    };
  };
  return Array.from({ length: without + 1 }, (_, group) => part(group)).filter(({ rows }) => rows.length > 0);
}

function partOf(samples: Samples, rows: Uint32Array, data: Samples["data"]): Samples {
  const { labels, names } = samples;
  return {
    ...samples,
    data,
    rowCount: rows.length,
    labels: labels && Int8Array.from(rows, (row) => labels[row]!),
    names: names && { columns: names.columns, of: (row) => names.of(rows[row]!) },
    entities: undefined,
    split: undefined,
    mask: undefined,
  };
}
