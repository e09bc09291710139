/** The shortest decimal text of a number that was stored as float32: "0.1", where its exact value is 0.10000000149011612. */
export function shortestFloat(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}
