/** Normal rows that rows are compared with at most: more change little, and the nearest is looked for among all. */
export const MOST_NORMALS = 1000;
/** Fewer say little about what is normal. */
export const FEWEST_NORMALS = 10;
