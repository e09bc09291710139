/**
 * The random spheres of a model's graph as the exported inputs have them: where each one sees rows from, and its weights as a
 * matrix of all columns, although the graph may hold only those columns that a unit looks at.
 *
 * @param decoded a model, see `decodeModel`
 * @returns for each sphere origin [columns] and weight [columns, width]
 */
export function spheresOf(decoded, { members, columns, width }) {
  const read = (name) => Array.from(decoded.initializer(`spheres.${name}`).data, Number);
  const has = (name) => decoded.initializerNames.includes(`spheres.${name}`);
  const terms = [];
  for (let k = 0; has(`input${k}`); k++)
    terms.push({ column: read(`input${k}`), origin: read(`origin${k}`), weight: read(`weight${k}`) });
  return Array.from({ length: members }, (_, member) => {
    const origin = new Array(columns).fill(0);
    const weight = new Array(columns * width).fill(0);
    if (terms.length === 0) {
      const [origins, weights] = [read("origin"), read("weight")];
      for (let column = 0; column < columns; column++) {
        origin[column] = origins[member * columns + column];
        for (let unit = 0; unit < width; unit++)
          weight[column * width + unit] = weights[(member * width + unit) * columns + column];
      }
    }
    for (const term of terms)
      for (let unit = 0; unit < width; unit++) {
        const at = member * width + unit;
        const column = term.column[at];
        origin[column] = term.origin[at];
        weight[column * width + unit] += term.weight[at];
      }
    return { origin, weight };
  });
}
