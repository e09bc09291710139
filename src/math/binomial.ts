/** The binomial distribution, as far as tolerance limits need it. */

/**
 * P(Binomial(n, p) <= k) for integers 0 <= k <= n and 0 < p < 1. Sums the terms from the largest downwards relative
 * to it, in logarithms, so that neither (1 - p)^n underflows nor large n cost more than the terms that matter.
 */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  const mode = Math.min(n, Math.floor((n + 1) * p));
  if (k > mode) return 1 - sumDown(n - k - 1, n, 1 - p);
  return sumDown(k, n, p);
}

/** Sum of the terms k, k - 1, ... for k at or below the mode, where they fall. */
function sumDown(k: number, n: number, p: number): number {
  let term = 1;
  let sum = 1;
  for (let i = k; i > 0 && term > sum * 1e-17; i--) {
    term *= (i * (1 - p)) / ((n - i + 1) * p);
    sum += term;
  }
  return Math.min(
    1,
    Math.exp(
      logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p),
    ) * sum,
  );
}

/** ln n!, by Stirling's series from 16 on, where its error is below 2e-14. */
function logFactorial(n: number): number {
  if (n < 16) {
    let product = 1;
    for (let i = 2; i <= n; i++) product *= i;
    return Math.log(product);
  }
  const r = 1 / n;
  const series = r * (1 / 12 - r * r * (1 / 360 - r * r * (1 / 1260 - r * r * (1 / 1680))));
  return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + series;
}
