import { sql } from "kysely";
import type { Database } from "../store/index.js";

/** Values of which rows are kept, beside those few normal ones that others are explained with. */
export type Keep = "flagged" | "all" | "none";
export const KEEPS = ["flagged", "all", "none"] as const satisfies readonly Keep[];

/** An entity of a fleet keeps this part of the rows that a single model does. */
const ENTITY_SHARE = 8;

/** Decides whose values are stored: those of flagged rows, for whoever reviews them, and of the first normal rows. */
export class KeptInputs {
  readonly #db: Database;
  readonly #most: number;
  /** Normal rows that are kept, by model and version, and of a fleet by entity. */
  readonly #counts = new Map<string, Map<string, number>>();

  constructor(db: Database, { backgroundRows }: { backgroundRows: number }) {
    this.#db = db;
    this.#most = backgroundRows;
  }

  /** After rows were deleted: others take their place. */
  forget(): void {
    this.#counts.clear();
  }

  /** A function that says of one row after the other whether its values are kept. @param fleet counts by entity, each with fewer */
  async keeper(
    modelId: number,
    version: number,
    keep: Keep,
    fleet = false,
  ): Promise<(flagged: boolean, entity: string) => boolean> {
    if (keep !== "flagged") return () => keep === "all";
    const key = `${modelId} ${version}`;
    if (!this.#counts.has(key)) {
      const found = fleet ? this.#countEntities(modelId, version) : this.#count(modelId, version);
      this.#counts.set(key, new Map(await found));
    }
    const counts = this.#counts.get(key)!;
    const most = fleet ? Math.ceil(this.#most / ENTITY_SHARE) : this.#most;
    return (flagged, entity) => {
      if (flagged) return true;
      const of = fleet ? entity : "";
      const kept = counts.get(of) ?? 0;
      if (kept >= most) return false;
      counts.set(of, kept + 1);
      return true;
    };
  }

  async #countEntities(modelId: number, version: number): Promise<[string, number][]> {
    const rows = await this.#kept(modelId, version)
      .select(["entity", (eb) => eb.fn.countAll<number>().as("count")])
      .groupBy("entity")
      .execute();
    return rows.map(({ entity, count }) => [entity, count]);
  }

  #kept(modelId: number, version: number) {
    return this.#db
      .selectFrom("results")
      .where("model_id", "=", modelId)
      .where("version", "=", version)
      .where(sql<boolean>`not shadow`)
      .where("flagged", "=", false)
      .where("input", "is not", null);
  }

  async #count(modelId: number, version: number): Promise<[string, number][]> {
    const kept = this.#kept(modelId, version).select("id").limit(this.#most).as("kept");
    const { count } = await this.#db
      .selectFrom(kept)
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    return [["", count]];
  }
}
