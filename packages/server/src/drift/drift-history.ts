/** How the evidence stood after some results. */
export interface DriftPoint {
  /** Time of the last of them. */
  readonly at: Date;
  /** Results looked at until then. */
  readonly observed: number;
  /** Natural logarithm of the martingale. */
  readonly logValue: number;
  /** Results since the point before, and those of them that were flagged. */
  readonly rows: number;
  readonly flagged: number;
}

/** More points than these are not seen in a chart. */
const MOST_POINTS = 240;

/** The course of the evidence from the first result on, in so few points that it can be kept for ever: all are as many results apart. */
export class DriftHistory {
  #points: DriftPoint[] = [];
  #open: DriftPoint | undefined;
  #every = 1;

  add({ at, flagged }: { at: Date; flagged: boolean }, observed: number, logValue: number): void {
    const { rows = 0, flagged: before = 0 } = this.#open ?? {};
    this.#open = { at, observed, logValue, rows: rows + 1, flagged: before + (flagged ? 1 : 0) };
    if (this.#open.rows < this.#every) return;
    this.#points.push(this.#open);
    this.#open = undefined;
    if (this.#points.length >= MOST_POINTS) this.#thin();
  }

  /** The earliest first; the last one is of fewer results, where they do not fill one. */
  get points(): readonly DriftPoint[] {
    return this.#open === undefined ? this.#points : [...this.#points, this.#open];
  }

  #thin(): void {
    this.#every *= 2;
    this.#points = this.#points.flatMap((point, k) => {
      if (k % 2 === 0) return [];
      const before = this.#points[k - 1]!;
      return [{ ...point, rows: before.rows + point.rows, flagged: before.flagged + point.flagged }];
    });
  }
}
