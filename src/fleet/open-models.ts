import type { Model } from "../model/index.js";

/** Keeps the models that were asked for last, at most so many: the one that waited longest is closed first. */
export class OpenModels {
  readonly #most: number;
  readonly #models = new Map<string, Promise<Model>>();

  /** @param most from 1 on */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#models.size;
  }

  /** @param load opens a model that is not there; two who ask at a time wait for the same */
  async get(key: string, load: () => Promise<Model>): Promise<Model> {
    const known = this.#models.get(key);
    if (known !== undefined) {
      this.#models.delete(key);
      this.#models.set(key, known);
      return known;
    }
    const loading = load();
    this.#models.set(key, loading);
    const oldest = this.#models.size > this.#most ? this.#models.keys().next().value! : undefined;
    const evicted = oldest === undefined ? undefined : this.#models.get(oldest);
    if (oldest !== undefined) this.#models.delete(oldest);
    await evicted?.then((model) => model.close()).catch(() => {});
    try {
      return await loading;
    } catch (error) {
      if (this.#models.get(key) === loading) this.#models.delete(key);
      throw error;
    }
  }

  async close(): Promise<void> {
    const models = [...this.#models.values()];
    this.#models.clear();
    await Promise.all(models.map((model) => model.then((found) => found.close()).catch(() => {})));
  }
}
