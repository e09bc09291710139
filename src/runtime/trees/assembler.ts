/**
 * As much of WebAssembly's binary format as the walk needs: instructions by the names that the specification has for them,
 * and a module of one function in a memory that is given. Specification: webassembly.github.io/spec/core/binary.
 */

/** Encoded instructions. */
export type Code = readonly number[];

/** LEB128 of numbers that are not negative: lengths, indices, offsets. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

/** LEB128 of numbers with a sign: constants. */
function signed(value: number): Code {
  const low = value & 127;
  const rest = value >> 7;
  const isLast = rest === (low & 64 ? -1 : 0);
  return isLast ? [low] : [low | 128, ...signed(rest)];
}

/** Memory is read and written at multiples of four bytes. */
const ALIGNED = 2;

export const local = {
  get: (index: number): Code => [0x20, ...unsigned(index)],
  set: (index: number): Code => [0x21, ...unsigned(index)],
};
export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  load: (offset: number): Code => [0x28, ALIGNED, ...unsigned(offset)],
  ltU: [0x49] as Code,
  add: [0x6a] as Code,
  sub: [0x6b] as Code,
  shl: [0x74] as Code,
};
export const f32 = {
  load: (offset: number): Code => [0x2a, ALIGNED, ...unsigned(offset)],
  store: (offset: number): Code => [0x38, ALIGNED, ...unsigned(offset)],
  le: [0x5f] as Code,
  add: [0x92] as Code,
};
const [END, LOOP, BRANCH_IF, NO_RESULT] = [0x0b, 0x03, 0x0d, 0x40];

/** Runs its body, and again as long as the condition is not zero. */
export const repeated = (body: readonly Code[], condition: readonly Code[]): Code => [
  ...[LOOP, NO_RESULT],
  ...body.flat(),
  ...condition.flat(),
  ...[BRANCH_IF, 0, END],
];

const I32 = 0x7f;
const FUNCTION = 0x60;
const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const section = (id: number, bytes: Code): Code => [id, ...unsigned(bytes.length), ...bytes];
const text = (value: string): Code => vector(Array.from(new TextEncoder().encode(value), (byte) => [byte]));

/**
 * A module that exports one function without a result, called `name`, and imports its memory as `env.memory`.
 * @param parameters how many it has; they and further locals are i32, numbered from 0
 */
export function moduleOf(
  name: string,
  parameters: number,
  locals: number,
  body: readonly Code[],
): Uint8Array<ArrayBuffer> {
  const own = vector([[...unsigned(locals), I32]]);
  const code = [...own, ...body.flat(), END];
  return Uint8Array.from([
    // "\0asm", version 1.
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // The type of the function.
    ...section(1, vector([[FUNCTION, ...vector(Array<Code>(parameters).fill([I32])), ...vector([])]])),
    // The memory, of any size.
    ...section(2, vector([[...text("env"), ...text("memory"), 2, 0, 0]])),
    // The function has type 0.
    ...section(3, vector([[0]])),
    ...section(7, vector([[...text(name), 0, 0]])),
    ...section(10, vector([[...unsigned(code.length), ...code]])),
  ]);
}
