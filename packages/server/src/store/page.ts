import { Problem } from "../problem.js";

/** Where a page ended, in an order by time and id: the next page begins after it, whatever was added meanwhile. */
export interface Place {
  readonly at: Date;
  readonly id: number;
}

export interface Page<Row> {
  readonly rows: Row[];
  /** For the next page; null on the last one. */
  readonly next: string | null;
}

export function cursorOf({ at, id }: Place): string {
  return Buffer.from(`${at.getTime()} ${id}`).toString("base64url");
}

/** @throws Problem `invalid-request` for what no page gave */
export function placeOf(cursor: string): Place {
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  const found = /^(-?\d{1,16}) (\d{1,16})$/.exec(text);
  const at = new Date(Number(found?.[1] ?? Number.NaN));
  if (found !== null && !Number.isNaN(at.getTime())) return { at, id: Number(found[2]) };
  throw new Problem("invalid-request", "The cursor is none that a page of this list gave.", {
    hint: "Pass `next` of the page before as it is, or leave the cursor out to begin anew.",
  });
}

/** @param rows one more than the page holds, where there are more */
export function pageOf<Row>(rows: Row[], limit: number, place: (row: Row) => Place): Page<Row> {
  const kept = rows.slice(0, limit);
  return { rows: kept, next: rows.length > limit ? cursorOf(place(kept.at(-1)!)) : null };
}
