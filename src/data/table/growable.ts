/**
 * Append-only typed arrays made of pieces: growing never copies what is there, and the pieces' memory is given back while
 * they are joined, so that reading a file needs the memory of its columns, not of twice its columns.
 */
const pieceLength = 1 << 16;

type Numbers = Float64Array | Int32Array;

export interface Growable<A extends Numbers> {
  readonly length: number;
  push(value: number): void;
  /** Calls back for every value in order. */
  forEach(visit: (value: number, index: number) => void): void;
  /** One contiguous array of all values. The growable is empty after. */
  take(): A;
}

export function growableFloats(): Growable<Float64Array> {
  return growable(
    (length) => new Float64Array(length),
    (buffer) => new Float64Array(buffer),
    Float64Array.BYTES_PER_ELEMENT,
  );
}

export function growableInts(): Growable<Int32Array> {
  return growable(
    (length) => new Int32Array(length),
    (buffer) => new Int32Array(buffer),
    Int32Array.BYTES_PER_ELEMENT,
  );
}

function growable<A extends Numbers>(
  allocate: (length: number) => A,
  over: (buffer: ArrayBuffer) => A,
  bytesPerValue: number,
): Growable<A> {
  let pieces: A[] = [];
  // Rows come one by one, too: engines keep arrays of 64 bytes in their own heap. The pieces grow to the full length.
  let current = allocate(8);
  let filled = 0;
  let length = 0;

  return {
    get length() {
      return length;
    },
    push(value) {
      if (filled === current.length) {
        pieces.push(current);
        const next = Math.min(pieceLength, current.length * 2);
        current = next === pieceLength ? over(shrinkable(next * bytesPerValue)) : allocate(next);
        filled = 0;
      }
      current[filled++] = value;
      length++;
    },
    forEach(visit) {
      let index = 0;
      for (const piece of [...pieces, current]) {
        const end = piece === current ? filled : piece.length;
        for (let i = 0; i < end; i++) visit(piece[i]!, index++);
      }
    },
    take() {
      const result = allocate(length);
      let offset = 0;
      for (const piece of [...pieces, current.subarray(0, filled)]) {
        result.set(piece, offset);
        offset += piece.length;
        release(piece.buffer as ArrayBuffer);
      }
      pieces = [];
      current = allocate(1);
      filled = 0;
      length = 0;
      return result;
    },
  };
}

/** ES2024, in Node since 20 and in the browsers of 2023 and later. */
interface Resizable {
  readonly resizable?: boolean;
  resize(bytes: number): void;
}
const ResizableBuffer = ArrayBuffer as unknown as new (
  bytes: number,
  options: { maxByteLength: number },
) => ArrayBuffer;

/** A buffer that can be made empty: garbage collection would let go of it much later, or, in a busy loop, never. */
function shrinkable(bytes: number): ArrayBuffer {
  return new ResizableBuffer(bytes, { maxByteLength: bytes });
}

function release(buffer: ArrayBuffer): void {
  const { resizable } = buffer as unknown as Resizable;
  if (resizable) (buffer as unknown as Resizable).resize(0);
}
