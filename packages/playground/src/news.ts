/** What changes often, told to those who listen: what does not show it is not drawn anew. */
export class News<T> {
  #latest: T | undefined;
  readonly #listeners = new Set<(latest: T | undefined) => void>();

  get latest(): T | undefined {
    return this.#latest;
  }

  readonly tell = (latest: T | undefined): void => {
    this.#latest = latest;
    for (const listener of this.#listeners) listener(latest);
  };

  /** @returns what ends it */
  listen(listener: (latest: T | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
