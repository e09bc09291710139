import { sql } from "kysely";
import type { Database } from "../store/index.js";

/** Values of which rows are kept, beside those few normal ones that others are explained with. */
export type Keep = "flagged" | "all" | "none";
export const KEEPS = ["flagged", "all", "none"] as const satisfies readonly Keep[];

/** Decides whose values are stored: those of flagged rows, for whoever reviews them, and of the first normal rows. */
export class KeptInputs {
  readonly #db: Database;
  readonly #most: number;
  /** Normal rows that are kept, by model and version. */
  readonly #counts = new Map<string, number>();

  constructor(db: Database, { backgroundRows }: { backgroundRows: number }) {
    this.#db = db;
    this.#most = backgroundRows;
  }

  /** After rows were deleted: others take their place. */
  forget(): void {
    this.#counts.clear();
  }

  /** A function that says of one row after the other whether its values are kept. */
  async keeper(modelId: number, version: number, keep: Keep): Promise<(flagged: boolean) => boolean> {
    if (keep !== "flagged") return () => keep === "all";
    const key = `${modelId} ${version}`;
    if (!this.#counts.has(key)) this.#counts.set(key, await this.#count(modelId, version));
    return (flagged) => {
      if (flagged) return true;
      // Unknown where rows were deleted since: the next request counts anew.
      const kept = this.#counts.get(key) ?? this.#most;
      if (kept >= this.#most) return false;
      this.#counts.set(key, kept + 1);
      return true;
    };
  }

  async #count(modelId: number, version: number): Promise<number> {
    const kept = this.#db
      .selectFrom("results")
      .select("id")
      .where("model_id", "=", modelId)
      .where("version", "=", version)
      .where(sql<boolean>`not shadow`)
      .where("flagged", "=", false)
      .where("input", "is not", null)
      .limit(this.#most)
      .as("kept");
    const { count } = await this.#db
      .selectFrom(kept)
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    return count;
  }
}
