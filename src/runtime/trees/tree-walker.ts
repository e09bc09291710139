import type { DecisionTree } from "../../graph/index.js";
import { SIDE_BY_SIDE, type Walk } from "./walk-module.js";

/** Deeper trees grow too large when they are completed. Those of 256 rows have eight levels. */
const MOST_LEVELS = 12;
const MOST_BYTES = 64 * 2 ** 20;
/** Rows that go through all trees before the next ones: together with a tree they stay in the processor's first cache. */
const MOST_ROWS = 256;
const NUMBERS_PER_BLOCK = 4096;
const PAGE = 65_536;
/** A node is a distance and a threshold, a leaf an answer, and there are as many leaves as nodes. */
const BYTES_PER_NODE = 12;

/** Trees that are walked together, as they lie in WebAssembly's memory. */
export interface TreeWalker {
  /** As many as a row has to have at least. */
  readonly columns: number;
  /**
   * Sums of what the trees of each group answer, the very sums that ONNX Runtime finds.
   * @param data float32 [rows, columns], row-major
   * @param take receives them group by group for some rows from one on: a view, to be read at once
   */
  sums(
    data: Float32Array,
    rows: number,
    columns: number,
    take: (group: number, from: number, sums: Float32Array) => void,
  ): void;
}

/**
 * Makes groups of trees ready to be walked; undefined where they are too deep or too large, and where their answers do not
 * add up exactly in float32, so that their order could be seen in the sum.
 */
export function treeWalker(
  module: WebAssembly.Module,
  groups: readonly (readonly DecisionTree[])[],
): TreeWalker | undefined {
  if (!groups.every(addsExactly)) return undefined;
  const trees = groups.flat();
  const depth = Math.max(1, ...trees.map(depthOf));
  const treeBytes = BYTES_PER_NODE * 2 ** depth;
  if (depth > MOST_LEVELS || trees.length * treeBytes > MOST_BYTES) return undefined;
  return new Walker(module, groups, depth);
}

class Walker implements TreeWalker {
  readonly columns: number;
  readonly #groups: readonly (readonly DecisionTree[])[];
  readonly #depth: number;
  readonly #treeBytes: number;
  readonly #memory: WebAssembly.Memory;
  readonly #walk: Walk;
  /** Where sums and rows begin, in bytes, behind the trees. */
  readonly #sumsAt: number;
  readonly #rowsAt: number;

  constructor(module: WebAssembly.Module, groups: readonly (readonly DecisionTree[])[], depth: number) {
    const trees = groups.flat();
    this.#groups = groups;
    this.#depth = depth;
    this.columns = 1 + trees.reduce((most, { feature }) => Math.max(most, ...feature), 0);
    this.#treeBytes = BYTES_PER_NODE * 2 ** depth;
    this.#sumsAt = trees.length * this.#treeBytes;
    this.#rowsAt = this.#sumsAt + 4 * MOST_ROWS;
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil(this.#rowsAt / PAGE) });
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.#walk = exports["walk"] as Walk;
    trees.forEach((tree, k) => this.#place(tree, k * this.#treeBytes));
  }

  sums(data: Float32Array, rows: number, columns: number, take: Parameters<TreeWalker["sums"]>[3]): void {
    if (columns < this.columns) throw new RangeError(`${columns} columns, not ${this.columns}`);
    const block = blockRows(columns);
    this.#reserve(this.#rowsAt + 4 * block * columns);
    const memory = new Float32Array(this.#memory.buffer);
    const sums = memory.subarray(this.#sumsAt / 4, this.#sumsAt / 4 + block);
    for (let from = 0; from < rows; from += block) {
      const to = Math.min(rows, from + block);
      memory.set(data.subarray(from * columns, to * columns), this.#rowsAt / 4);
      let at = 0;
      this.#groups.forEach((trees, group) => {
        sums.fill(0);
        for (let tree = 0; tree < trees.length; tree++, at += this.#treeBytes)
          this.#add(at, to - from, columns);
        take(group, from, sums.subarray(0, to - from));
      });
    }
  }

  /** Adds the answers of the tree at an address to the sums of the rows in memory. */
  #add(tree: number, rows: number, columns: number): void {
    const stride = 4 * columns;
    const end = this.#rowsAt + rows * stride;
    const leaves = tree + 4 * 2 ** this.#depth;
    this.#walk(this.#rowsAt, end, stride, tree, leaves, this.#sumsAt, this.#depth);
  }

  #reserve(bytes: number): void {
    const missing = bytes - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
  }

  /** Fills a tree up to a complete one: a leaf above the last level becomes nodes that all lead to its answer. */
  #place(tree: DecisionTree, at: number): void {
    const size = 2 ** this.#depth;
    const [distance, number] = [
      new Int32Array(this.#memory.buffer, at),
      new Float32Array(this.#memory.buffer, at),
    ];
    const fill = (place: number, node: number): void => {
      if (place >= size) {
        number[size + place] = tree.value[node]!;
        return;
      }
      const isLeaf = tree.feature[node]! < 0;
      distance[2 * place] = isLeaf ? 0 : 4 * tree.feature[node]!;
      number[2 * place + 1] = isLeaf ? 0 : tree.threshold[node]!;
      fill(2 * place, isLeaf ? node : tree.left[node]!);
      fill(2 * place + 1, isLeaf ? node : tree.right[node]!);
    };
    fill(1, 0);
  }
}

/** Rows of a block, a multiple of those side by side. */
function blockRows(columns: number): number {
  const rows = Math.min(MOST_ROWS, Math.floor(NUMBERS_PER_BLOCK / columns));
  return Math.max(1, Math.floor(rows / SIDE_BY_SIDE)) * SIDE_BY_SIDE;
}

/** Steps from the root to the deepest leaf. Children stand behind their parents. */
function depthOf({ feature, left, right }: DecisionTree): number {
  const depth = new Int32Array(feature.length);
  for (let node = 0; node < feature.length; node++) {
    if (feature[node]! < 0) continue;
    for (const child of [left[node]!, right[node]!]) depth[child] = depth[node]! + 1;
  }
  return depth.reduce((most, value) => Math.max(most, value), 0);
}

/** Whether all that can come about on the way to a sum is a float32: multiples of a power of two, none of more than 24 bits. */
function addsExactly(trees: readonly DecisionTree[]): boolean {
  const largest = trees.map(({ value }) => value.reduce((most, each) => Math.max(most, Math.abs(each)), 0));
  const most = largest.reduce((sum, each) => sum + each, 0);
  if (most === 0) return true;
  if (!(most < 2 ** 64)) return false;
  const unit = 2 ** (Math.ceil(Math.log2(most)) - 24);
  return trees.every(({ value }) => value.every((each) => Number.isInteger(each / unit)));
}
