import { fieldOf } from "../stream/index.js";
import type { Fleet } from "./fleet.js";

/** Tells of rows which of a fleet's models is in charge of them. */
export class RowsOfEntities {
  readonly #fleet: Fleet;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
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

  /** The name that a row says in the entity column; undefined where it says none. */
  nameOf(row: unknown): string | undefined {
    const value = fieldOf(row, this.#fleet.entityColumn);
    return ["string", "number", "boolean"].includes(typeof value) ? String(value) : undefined;
  }

  #entityOf(row: unknown): string | null {
    const name = this.nameOf(row);
    return name === undefined ? null : this.inCharge(name);
  }
}
