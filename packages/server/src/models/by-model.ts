/** Rows by the id of their model, in their order. */
export function byModel<Row extends { readonly model_id: number }>(
  rows: readonly Row[],
): ReadonlyMap<number, Row[]> {
  const found = new Map<number, Row[]>();
  for (const row of rows) {
    const own = found.get(row.model_id);
    if (own === undefined) found.set(row.model_id, [row]);
    else own.push(row);
  }
  return found;
}
