/** Ones in a row: the first and, inclusive, the last place. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** All ranges of ones, ascending. */
export function rangesOf(marks: Uint8Array): Range[] {
  const ranges: Range[] = [];
  for (let from = 0; from < marks.length; from++) {
    if (marks[from] === 0) continue;
    let to = from;
    while (marks[to + 1] === 1) to++;
    ranges.push({ from, to });
    from = to;
  }
  return ranges;
}
