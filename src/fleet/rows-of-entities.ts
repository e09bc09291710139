import { nameFinder } from "../text/name-key.js";
import type { Fleet } from "./fleet.js";

/** Tells of rows which of a fleet's models is in charge of them. */
export class RowsOfEntities {
  readonly #fleet: Fleet;
  /** Finds the entity column in rows that write its name otherwise. */
  readonly #asColumn: (name: string) => string;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#asColumn = nameFinder([fleet.entityColumn]);
  }

  /** Places of the rows, by the entity whose own model is in charge; null for the model of all. */
  placesOf(rows: readonly unknown[]): Map<string | null, number[]> {
    const byEntity = new Map<string | null, number[]>();
    rows.forEach((row, place) => {
      const entity = this.#entityOf(row);
      const places = byEntity.get(entity);
      if (places === undefined) byEntity.set(entity, [place]);
      else places.push(place);
    });
    return byEntity;
  }

  /** The entity whose own model is in charge of rows that say a name; null for the model of all. */
  inCharge(name: string): string | null {
    return this.#fleet.has(name) ? this.#fleet.spelled(name) : null;
  }

  #entityOf(row: unknown): string | null {
    const column = this.#fleet.entityColumn;
    if (typeof row !== "object" || row === null) return null;
    const key = Object.hasOwn(row, column)
      ? column
      : Object.keys(row).find((name) => this.#asColumn(name) === column);
    if (key === undefined) return null;
    const value = (row as Readonly<Record<string, unknown>>)[key];
    return typeof value === "string" || typeof value === "number" ? this.inCharge(String(value)) : null;
  }
}
