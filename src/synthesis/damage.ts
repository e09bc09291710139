/** Observations that are damaged before anything is made of them, of every kind of data. */
import type { Dataset, ImageSet, SeriesSet, Table } from "../data/index.js";
import type { RandomSource } from "../math/random.js";
import { damagedImages, IMAGE_DAMAGES, type ImageDamage } from "./damaged-images.js";
import { damagedSeries, SERIES_DAMAGES, type SeriesDamage } from "./damaged-series.js";
import { damagedTable, TABLE_DAMAGES, type TableDamage } from "./damaged-tables.js";

export type Damage = TableDamage | SeriesDamage | ImageDamage;

export const DAMAGES: Readonly<Record<Dataset["kind"], readonly Damage[]>> = {
  table: TABLE_DAMAGES,
  series: SERIES_DAMAGES,
  images: IMAGE_DAMAGES,
};

type Make = (data: never, damage: never, count: number, random: RandomSource) => Dataset | undefined;

const makers: Readonly<Record<Dataset["kind"], Make>> = {
  table: (data: Table, damage: TableDamage, count, random) =>
    damagedTable(data, damage, count, random.stream("tune", damage)),
  series: (data: SeriesSet, damage: SeriesDamage, count, random) =>
    damagedSeries(data, damage, count, random.stream("tune", damage)),
  images: (data: ImageSet, damage: ImageDamage, count, random) => damagedImages(data, damage, count, random),
};

/**
 * Damaged copies of random observations, which outliers are for a detector that does not learn from their kind.
 *
 * @param damage one of `DAMAGES` of the data's kind
 * @param count observations to make
 * @returns undefined where the data cannot be damaged in this way
 */
export const damaged = (
  data: Dataset,
  damage: Damage,
  count: number,
  random: RandomSource,
): Dataset | undefined => makers[data.kind](data as never, damage as never, count, random);
