/** Sums of products of a sequence with itself some steps later, by the fast Fourier transform where that is less work. */

/** Work of a butterfly, in products of the direct sum. */
const BUTTERFLY = 4;

/**
 * Adds to `sums` what each piece contributes: the sum over k of piece[k] * piece[k - lag], for the lags from 0 to the last
 * of `sums`. Pieces do not meet. Large pieces are transformed (Wiener and Khinchin), to within rounding of the direct sum;
 * their spectra are added, so that one inverse transform serves all.
 */
export function addLaggedProducts(pieces: readonly Float64Array[], sums: Float64Array): void {
  const lags = sums.length - 1;
  const longest = pieces.reduce((most, { length }) => Math.max(most, length), 0);
  // What a circle of this many steps brings round does not reach the lags that count.
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, longest + lags)));
  const transformed = BUTTERFLY * size * Math.log2(size);
  let power: Float64Array | undefined;
  for (const piece of pieces) {
    if (piece.length * Math.min(lags, piece.length) <= transformed) {
      addDirectly(piece, sums);
      continue;
    }
    power ??= new Float64Array(size);
    const [real, imaginary] = [new Float64Array(size), new Float64Array(size)];
    real.set(piece);
    transform(real, imaginary);
    for (let k = 0; k < size; k++) power[k]! += real[k]! ** 2 + imaginary[k]! ** 2;
  }
  if (power === undefined) return;
  // A power spectrum is even: its transform back is that forth, but for the factor.
  transform(power, new Float64Array(size));
  for (let lag = 0; lag <= lags; lag++) sums[lag]! += power[lag]! / size;
}

function addDirectly(piece: Float64Array, sums: Float64Array): void {
  const most = Math.min(sums.length, piece.length);
  for (let lag = 0; lag < most; lag++) {
    let sum = 0;
    for (let k = lag; k < piece.length; k++) sum += piece[k]! * piece[k - lag]!;
    sums[lag]! += sum;
  }
}

/** The discrete Fourier transform in place (Cooley and Tukey). @param real a power of two of numbers, as `imaginary` */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let k = 1, mirrored = 0; k < size; k++) {
    let bit = size >> 1;
    for (; mirrored & bit; bit >>= 1) mirrored ^= bit;
    mirrored ^= bit;
    if (k >= mirrored) continue;
    [real[k], real[mirrored]] = [real[mirrored]!, real[k]!];
    [imaginary[k], imaginary[mirrored]] = [imaginary[mirrored]!, imaginary[k]!];
  }
  const [cosines, sines] = [Math.cos, Math.sin].map((of) =>
    Float64Array.from({ length: size / 2 }, (_, k) => of((-2 * Math.PI * k) / size)),
  ) as [Float64Array, Float64Array];
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let from = 0; from < size; from += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [low, high] = [from + k, from + k + half];
        const [cos, sin] = [cosines[k * stride]!, sines[k * stride]!];
        const re = real[high]! * cos - imaginary[high]! * sin;
        const im = real[high]! * sin + imaginary[high]! * cos;
        real[high] = real[low]! - re;
        imaginary[high] = imaginary[low]! - im;
        real[low]! += re;
        imaginary[low]! += im;
      }
    }
  }
}
