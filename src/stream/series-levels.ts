/** Slow drift taken out of a series while it comes, at the cost of its new steps alone. */
import { lessLevelOf, type SeriesLayout, SlidingLevel } from "../data/index.js";
import type { Cell } from "./step-windows.js";

type Row = readonly Cell[];
type Leveled = SeriesLayout & { readonly detrend: number };

/** The last steps of one series less their levels: what `withoutLevel` says of all of its steps. */
export class SeriesLevels {
  readonly #layout: Leveled;
  /** Of each cell of a step that holds numbers; undefined for texts. */
  readonly #levels: readonly (SlidingLevel | undefined)[];

  private constructor(layout: Leveled, levels: readonly (SlidingLevel | undefined)[]) {
    this.#layout = layout;
    this.#levels = levels;
  }

  /** @param numeric which cells of a step hold numbers */
  static begin(layout: Leveled, numeric: readonly boolean[]): SeriesLevels {
    return new SeriesLevels(
      layout,
      numeric.map((is) => (is ? new SlidingLevel(layout) : undefined)),
    );
  }

  /** One that goes on from here by itself, where the same cells hold numbers. */
  copy(numeric: readonly boolean[]): SeriesLevels | undefined {
    if (numeric.some((is, k) => is !== (this.#levels[k] !== undefined))) return undefined;
    return new SeriesLevels(
      this.#layout,
      this.#levels.map((level) => level?.copy()),
    );
  }

  /**
   * Takes a step, and says what is left of it in `left`; of the first window of a stretch once that is whole, of all its steps.
   * @param cells of steps, with this one
   * @param from where its stretch without a gap begins
   * @param left of the steps before it, of which those of whole windows hold what is left
   */
  next(cells: readonly Row[], step: number, from: number, left: Row[]): void {
    const { window, detrend } = this.#layout;
    if (step === from) for (const level of this.#levels) level?.begin();
    const gone = step - from < detrend ? undefined : cells[step - detrend]!;
    const now = this.#levels.map((level, k) =>
      level?.next(numberOf(cells[step]![k]!), gone && numberOf(gone[k]!)),
    );
    left.push(cells[step]!);
    const first = step - from === window - 1 ? from : step;
    if (step - from < window - 1) return;
    for (let at = first; at <= step; at++) left[at] = cells[at]!.map((cell, k) => lessLevel(cell, now[k]));
  }
}

const numberOf = (cell: Cell): number => (typeof cell === "number" ? cell : Number.NaN);

const lessLevel = (cell: Cell, level: number | undefined): Cell =>
  level === undefined || typeof cell !== "number" ? cell : lessLevelOf(cell, level);
