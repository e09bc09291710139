import type { Statistics } from "hyparquet";
import type { DecodedPage } from "./chunk-pages.js";
import { damaged } from "./damage.js";
import type { ParquetChunk, ParquetColumn } from "./footer.js";

/**
 * Holds the pages of a chunk against what its footer says of them: how many values are missing, and between which
 * numbers the others lie. Damage that leaves all counts as they were shows here.
 */
export class StatisticsCheck {
  readonly #stated: Statistics;
  readonly #least: number | bigint | undefined;
  readonly #most: number | bigint | undefined;
  #missing = 0;

  constructor({ meta }: ParquetChunk, { ranged }: ParquetColumn) {
    this.#stated = meta.statistics ?? {};
    this.#least = ranged ? bound(this.#stated.min_value) : undefined;
    this.#most = ranged ? bound(this.#stated.max_value) : undefined;
  }

  /** @throws ParquetDamage for a value outside of the range */
  add({ count, present, values }: DecodedPage): void {
    if (present !== undefined) this.#missing += count - values.length;
    const [least, most] = [this.#least, this.#most];
    if (least === undefined || most === undefined) return;
    for (let k = 0; k < values.length; k++) {
      const value = values[k] as number | bigint;
      if (value < least || value > most) {
        damaged(`it holds ${value}, but its values are said to lie between ${least} and ${most}`);
      }
    }
  }

  /** When all pages were added. @throws ParquetDamage for another number of missing values */
  finish(): void {
    const { null_count: stated } = this.#stated;
    if (stated !== undefined && Number(stated) !== this.#missing) {
      damaged(`it has ${this.#missing} missing values, but is said to have ${stated}`);
    }
  }
}

const bound = (value: unknown): number | bigint | undefined =>
  typeof value === "bigint" || (typeof value === "number" && !Number.isNaN(value)) ? value : undefined;
