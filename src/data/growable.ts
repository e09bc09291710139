/**
 * Append-only typed arrays made of fixed pieces: growing never copies what is there, so that reading a file needs
 * its columns' size plus one column, not twice its columns.
 */
const pieceLength = 1 << 16;

type Numbers = Float64Array | Int32Array;

export interface Growable<A extends Numbers> {
  readonly length: number;
  push(value: number): void;
  /** Calls back for every value in order. */
  forEach(visit: (value: number, index: number) => void): void;
  /** One contiguous array of all values; the pieces are let go as they are copied and the growable is empty after. */
  take(): A;
}

export function growableFloats(): Growable<Float64Array> {
  return growable((length) => new Float64Array(length));
}

export function growableInts(): Growable<Int32Array> {
  return growable((length) => new Int32Array(length));
}

function growable<A extends Numbers>(allocate: (length: number) => A): Growable<A> {
  let pieces: (A | undefined)[] = [];
  // Small tables are the common case; the first pieces grow from 1 Ki to the full length.
  let current = allocate(1024);
  let filled = 0;
  let length = 0;

  return {
    get length() {
      return length;
    },
    push(value) {
      if (filled === current.length) {
        pieces.push(current);
        current = allocate(Math.min(pieceLength, current.length * 2));
        filled = 0;
      }
      current[filled++] = value;
      length++;
    },
    forEach(visit) {
      let index = 0;
      for (const piece of [...pieces, current]) {
        const end = piece === current ? filled : piece!.length;
        for (let i = 0; i < end; i++) visit(piece![i]!, index++);
      }
    },
    take() {
      const result = allocate(length);
      let offset = 0;
      for (let p = 0; p < pieces.length; p++) {
        const piece = pieces[p]!;
        result.set(piece, offset);
        offset += piece.length;
        pieces[p] = undefined;
      }
      result.set(current.subarray(0, filled), offset);
      pieces = [];
      current = allocate(1);
      filled = 0;
      length = 0;
      return result;
    },
  };
}
