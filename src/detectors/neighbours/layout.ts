/** Coordinates of rows that only fill up the last group: far from everything, with squares that stay finite. */
const NOWHERE = 1e15;

/** How the training rows lie in the model, and how they are searched. */
export interface SearchLayout {
  /** Neighbours wanted. */
  readonly k: number;
  /** Rows of the table that is searched, features of each. */
  readonly rows: number;
  readonly columns: number;
  /** Neighbouring rows that share one distance in the first pass, and how many such groups there are. */
  readonly groupSize: number;
  readonly groups: number;
  /** Groups whose rows are all measured in the second pass. */
  readonly examined: number;
  /** Query rows that are worked on at a time. */
  readonly block: number;
  readonly precision: "single" | "double";
}

/** Bytes that the distances of one block of query rows to one row of every group take up: a second-level cache. */
const BLOCK_BYTES = 2 ** 21;
/** Fewer query rows at a time make matrix products slow, even where more do not fit into the cache. */
const LEAST_BLOCK = 64;
/** Bytes of the candidates of one block of query rows. */
const CANDIDATE_BYTES = 2 ** 24;
/** Groups beyond k that single precision examines, so that there is a gap between what it sees and what it leaves. */
const SPARE_GROUPS = 3;
/** Smaller tables are searched in float64 at once. */
const FEW_NUMBERS = 2 ** 14;

/**
 * The first pass costs the n / groupSize groups of a row, the second its examined * groupSize candidates with all their
 * features: the sum is least where both are about the same.
 */
export function searchLayout(k: number, rows: number, columns: number): SearchLayout {
  const single = rows * columns > FEW_NUMBERS && rows > 4 * (k + SPARE_GROUPS + 1);
  const examined = single ? k + SPARE_GROUPS : k;
  const balanced = Math.round(Math.sqrt((2 * rows) / (examined * columns)));
  const groupSize = Math.max(1, Math.min(32, balanced, Math.floor(rows / (examined + 1))));
  const groups = Math.ceil(rows / groupSize);
  const byDistances = Math.max(LEAST_BLOCK, BLOCK_BYTES / (4 * groups));
  const byCandidates = CANDIDATE_BYTES / (8 * examined * groupSize * columns);
  const block = Math.max(1, Math.floor(Math.min(256, byDistances, byCandidates)));
  return { k, rows, columns, groupSize, groups, examined, block, precision: single ? "single" : "double" };
}

/** Training rows as the model stores them: [groups, groupSize * columns], the last group filled up. */
export function searchTable(data: Float32Array, layout: SearchLayout): Float32Array {
  const table = new Float32Array(layout.groups * layout.groupSize * layout.columns).fill(NOWHERE);
  table.set(data.subarray(0, layout.rows * layout.columns));
  return table;
}
