/** Brings the sum of contributions to `total`, each by as much as its size is of all sizes. */
export function shareRest(contributions: Float64Array, total: number, units: readonly number[]): void {
  const [sum, size] = units.reduce(
    ([all, sizes], unit) => [all + contributions[unit]!, sizes + Math.abs(contributions[unit]!)],
    [0, 0],
  );
  const rest = total - sum;
  for (const unit of units) {
    contributions[unit]! += size === 0 ? rest / units.length : (rest * Math.abs(contributions[unit]!)) / size;
  }
}
