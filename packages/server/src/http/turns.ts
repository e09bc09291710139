/** Bodies from this size on take turns. */
const LARGE = 2 ** 16;

/**
 * Lets a few at a time work on large bodies, in the order in which they came. All at once would be no faster, and what was read of
 * each would be held until all the others were scored.
 */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** @returns what has to be called at the end of the turn; a second call does nothing */
  async take(bytes: number): Promise<() => void> {
    if (bytes < LARGE) return () => {};
    if (this.#free > 0) this.#free--;
    else {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    let over = false;
    return () => {
      if (over) return;
      over = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    };
  }
}
