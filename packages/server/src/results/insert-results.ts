import { CompiledQuery, sql } from "kysely";
import type { Database, Store } from "../store/index.js";
import { type CopiedColumn, copied } from "./copy-format.js";
import type { ScoredRequest, ScoredRow } from "./record-results.js";

/** A row on its way into the table of results. */
export interface NewResult {
  readonly request: Omit<ScoredRequest, "rows">;
  readonly row: ScoredRow;
  readonly incident: number | null;
}

/** Stores results in one statement, whatever their number; answers their ids, in their order. */
export type InsertResults = (db: Database, results: readonly NewResult[]) => Promise<number[]>;

const COLUMNS: readonly (CopiedColumn<NewResult> & { readonly name: string })[] = [
  { name: "model_id", type: "bigint", of: ({ request }) => request.modelId },
  { name: "version", type: "integer", of: ({ request }) => request.version },
  { name: "shadow", type: "boolean", of: ({ request }) => request.shadow },
  { name: "request", type: "uuid", of: ({ request }) => request.id },
  { name: "row", type: "integer", of: ({ row }) => row.row },
  { name: "entity", type: "text", of: ({ row }) => row.facts.entity },
  { name: "label", type: "text", of: ({ row }) => row.facts.label },
  { name: "at", type: "timestamptz", of: ({ row }) => row.facts.at },
  { name: "score", type: "double precision", of: ({ row }) => row.outcome.score },
  { name: "p_value", type: "double precision", of: ({ row }) => row.outcome.pValue },
  { name: "flagged", type: "boolean", of: ({ row }) => row.outcome.isAnomaly },
  { name: "threshold", type: "double precision", of: ({ row }) => row.by.threshold },
  { name: "probability", type: "double precision", of: ({ row }) => row.outcome.probability ?? null },
  { name: "input", type: "text", of: ({ row }) => row.input },
  { name: "incident_id", type: "bigint", of: ({ incident }) => incident },
];
const NAMES = COLUMNS.map(({ name }) => name).join(", ");

/** How results get into a database of this kind. */
export const insertInto = ({ kind }: Pick<Store, "kind">): InsertResults =>
  kind === "embedded" ? copying() : fromArrays;

/** A column is an array. */
const fromArrays: InsertResults = async (db, results) => {
  if (results.length === 0) return [];
  const arrays = COLUMNS.map(({ type, of }) => {
    const values = results.map((result) => {
      const value = of(result);
      return value instanceof Date ? value.toISOString() : value;
    });
    return sql`${values}::${sql.raw(type)}[]`;
  });
  const { rows } = await sql<{ id: number; request: string; row: number }>`
    insert into results (${sql.raw(NAMES)}) select * from unnest(${sql.join(arrays)})
    returning id, request, row`.execute(db);
  const ids = new Map(rows.map(({ id, request, row }) => [`${request} ${row}`, id]));
  return results.map(({ request, row }) => ids.get(`${request.id} ${row.row}`)!);
};

/** Ids that are taken from the sequence at once; those that a process leaves over are never used. */
const BLOCK = 10_000;

/** By COPY, which takes the embedded database less than a third of the time. It answers nothing: ids are known before. */
function copying(): InsertResults {
  let [next, end] = [0, 0];
  return async (db, results) => {
    if (results.length === 0) return [];
    if (next + results.length > end) {
      const block = Math.max(BLOCK, results.length);
      const sequence = "pg_get_serial_sequence('results', 'id')";
      const { rows } = await sql<{ first: number }>`
        select setval(${sql.raw(sequence)}, nextval(${sql.raw(sequence)}) + ${block}::integer - 1) - ${block}::integer + 1 as first`.execute(
        db,
      );
      next = rows[0]!.first;
      end = next + block;
    }
    const first = next;
    // Asked for once for each result, in their order.
    const id = { type: "bigint", of: () => next++ } as const;
    await db.executeQuery(
      CompiledQuery.raw(`copy results (id, ${NAMES}) from '/dev/blob' with (format binary)`, [
        copied([id, ...COLUMNS], results),
      ]),
    );
    return results.map((_, k) => first + k);
  };
}
