/** Keeps the values of the highest keys that come by, in memory for `most` of them; of equal keys the first ones. */
export class Highest<Value> {
  readonly #most: number;
  /** Highest first. */
  readonly #kept: { readonly key: number; readonly value: Value }[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether a value with this key would be kept: asked before it is made, where that takes work. */
  takes(key: number): boolean {
    return this.#most > 0 && (this.#kept.length < this.#most || key > this.#kept.at(-1)!.key);
  }

  add(key: number, value: Value): void {
    if (!this.takes(key)) return;
    let [low, high] = [0, this.#kept.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#kept[middle]!.key >= key) low = middle + 1;
      else high = middle;
    }
    this.#kept.splice(low, 0, { key, value });
    if (this.#kept.length > this.#most) this.#kept.pop();
  }

  /** Highest first. */
  get values(): Value[] {
    return this.#kept.map(({ value }) => value);
  }
}
