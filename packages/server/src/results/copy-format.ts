/** The binary format of COPY: of rows of numbers it takes the database half as long as texts do. */
export type CopiedType = keyof typeof WRITES;

export type CopiedValue = number | boolean | string | Date | null;

/** A column, and what it has of an item. */
export interface CopiedColumn<T> {
  readonly type: CopiedType;
  of(item: T): CopiedValue;
}

const HEADER = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
/** Postgres counts from the year 2000. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
/** Bytes of the longest value that is no text, and of its length. */
const MOST = 16 + 4;

/** Rows for `copy ... with (format binary)`, one of each item; whole numbers are below 2^53. */
export function copied<T>(columns: readonly CopiedColumn<T>[], items: readonly T[]): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  for (const item of items) {
    writer.count(columns.length);
    for (const { type, of } of columns) writer.value(type, of(item));
  }
  writer.count(-1);
  return writer.written;
}

class Writer {
  #bytes = Buffer.alloc(2 ** 16);
  /** Of the same memory: its methods take a fraction of the time of those of a Buffer. */
  #view = new DataView(this.#bytes.buffer);
  #at = HEADER.copy(this.#bytes);
  /** Mostly the id of a request and the time of its arrival, which many rows share. */
  #uuid: [string, Buffer] = ["", Buffer.alloc(0)];
  #moment: [number, bigint] = [Number.NaN, 0n];

  get written(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes.buffer, 0, this.#at);
  }

  /** Values of a row; -1 after the last one. */
  count(values: number): void {
    this.#makeRoom(2);
    this.#view.setInt16(this.#at, values);
    this.#at += 2;
  }

  value(type: CopiedType, value: CopiedValue): void {
    this.#makeRoom(MOST);
    if (value === null) this.#length(-1);
    else WRITES[type](this, value as never);
  }

  integer(value: number): void {
    this.#length(4);
    this.#int32(value);
  }

  bigint(value: number): void {
    this.#length(8);
    this.#int32(Math.floor(value / 2 ** 32));
    this.#int32(value >>> 0);
  }

  boolean(value: boolean): void {
    this.#length(1);
    this.#bytes[this.#at++] = value ? 1 : 0;
  }

  double(value: number): void {
    this.#length(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  moment(value: Date): void {
    const ms = value.getTime();
    if (ms !== this.#moment[0]) this.#moment = [ms, BigInt(ms - EPOCH_MS) * 1000n];
    this.#length(8);
    this.#view.setBigInt64(this.#at, this.#moment[1]);
    this.#at += 8;
  }

  uuid(value: string): void {
    if (value !== this.#uuid[0]) this.#uuid = [value, Buffer.from(value.replaceAll("-", ""), "hex")];
    this.#length(16);
    this.#at += this.#uuid[1].copy(this.#bytes, this.#at);
  }

  text(value: string): void {
    const length = value === "" ? 0 : Buffer.byteLength(value);
    this.#length(length);
    if (length === 0) return;
    this.#makeRoom(length);
    this.#at += this.#bytes.write(value, this.#at);
  }

  #length(bytes: number): void {
    this.#int32(bytes);
  }

  #int32(value: number): void {
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  #makeRoom(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(2 * this.#bytes.length, this.#at + size));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

const WRITES = {
  bigint: (writer: Writer, value: number) => writer.bigint(value),
  integer: (writer: Writer, value: number) => writer.integer(value),
  boolean: (writer: Writer, value: boolean) => writer.boolean(value),
  uuid: (writer: Writer, value: string) => writer.uuid(value),
  text: (writer: Writer, value: string) => writer.text(value),
  timestamptz: (writer: Writer, value: Date) => writer.moment(value),
  "double precision": (writer: Writer, value: number) => writer.double(value),
} as const;
