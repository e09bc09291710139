/**
 * Which training images are shots of the same thing. Split at random, one of them would be held out while another is
 * trained on, and would look more normal than any image of a thing not seen before.
 */
import type { ImageSet } from "../../data/index.js";
import { alignedNeighbours, type Scale } from "./aligned-neighbours.js";
import type { RowGroups } from "./kind.js";
import { type Thumbnails, thumbnails } from "./thumbnails.js";

/**
 * Two images belong together where their distance is below `share` of that to the `neighbour`-th nearest of either: far
 * below what is usual around them, however dense the images lie there. The further neighbours find larger groups. The
 * shares fall so that chance pairs are about as rare in each: of images spread over m dimensions, an image has
 * neighbour * share^m of them.
 */
const SCALES: readonly Scale[] = [
  { neighbour: 10, share: 0.5 },
  { neighbour: 20, share: 0.4 },
  { neighbour: 40, share: 0.315 },
];
/** What is usual around an image is not told by more than this part of all. */
const NEIGHBOURHOOD = 1 / 8;
/** More images than this part of all are no shots of one thing but a state that comes again, such as an empty belt. */
const LARGEST_GROUP = 1 / 10;
/** Groups that come out larger are looked for again, so much more strictly. */
const STRICTER = [1, 1 / 2, 1 / 4, 1 / 8];

/** What was found, by set: whoever asks what a fit will hold out asks for the same as the fit. */
const known = new WeakMap<ImageSet, RowGroups | "none">();

/** Near-duplicates among the images, in O(n log n); undefined where each stands alone. */
export async function nearDuplicates(images: ImageSet, signal?: AbortSignal): Promise<RowGroups | undefined> {
  let groups = known.get(images);
  if (groups === undefined) {
    groups = groupsOf(await thumbnails(images, signal)) ?? "none";
    known.set(images, groups);
  }
  return groups === "none" ? undefined : groups;
}

/** Groups of images whose distances are far below what is usual around them. */
function groupsOf(small: Thumbnails): RowGroups | undefined {
  const rows = small.count;
  const largest = Math.max(2, Math.floor(rows * LARGEST_GROUP));
  const links = linksOf(small);
  const groups = new Joined(rows);
  const open = new Uint8Array(rows).fill(1);
  for (const factor of STRICTER) {
    const trial = new Joined(rows);
    const close = links.filter(({ a, b, ratio }) => ratio <= factor && open[a] && open[b]);
    for (const { a, b } of close) trial.join(a, b);
    const sizes = trial.sizes();
    for (const { a, b } of close) if (sizes[trial.root(a)]! <= largest) groups.join(a, b);
    for (let row = 0; row < rows; row++) if (sizes[trial.root(row)]! <= largest) open[row] = 0;
  }
  return numbered(groups, rows);
}

/** A pair of near-duplicates. @property ratio of their distance to the greatest that makes them one, in [0, 1] */
interface Link {
  readonly a: number;
  readonly b: number;
  readonly ratio: number;
}

function linksOf(small: Thumbnails): Link[] {
  const { distinct, rowOf, links } = withoutCopies(small);
  const { count } = distinct;
  const scales = scalesFor(count);
  const k = Math.max(...scales.map(({ neighbour }) => neighbour));
  const { indices, distances } = alignedNeighbours(distinct, k, scales);
  for (let i = 0; i < count; i++) {
    for (let place = 0; place < k; place++) {
      const j = indices[i * k + place]!;
      if (j < 0) break;
      let most = 0;
      for (const { neighbour, share } of scales) {
        const around = (of: number): number => distances[of * k + neighbour - 1]!;
        const usual = Math.min(around(i), around(j));
        if (usual < Infinity) most = Math.max(most, share * usual);
      }
      const ratio = distances[i * k + place]! / most;
      if (ratio <= 1) links.push({ a: rowOf[i]!, b: rowOf[j]!, ratio });
    }
  }
  return links;
}

/** The scales that so many images have room for: at least one. */
function scalesFor(count: number): readonly Scale[] {
  const most = Math.max(1, Math.floor(count * NEIGHBOURHOOD));
  const fitting = SCALES.filter(({ neighbour }) => neighbour <= most);
  return fitting.length > 0 ? fitting : [{ ...SCALES[0]!, neighbour: most }];
}

/** Each thumbnail once, and links between rows whose thumbnails are equal: copies say nothing of what is usual. */
function withoutCopies({ count, channels, planes: data }: Thumbnails): {
  distinct: Thumbnails;
  rowOf: number[];
  links: Link[];
} {
  const length = data.length / count;
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const known = new Map<number, number[]>();
  const rowOf: number[] = [];
  const links: Link[] = [];
  const same = (a: number, b: number): boolean => {
    for (let k = 0; k < length; k++) if (words[a * length + k] !== words[b * length + k]) return false;
    return true;
  };
  for (let row = 0; row < count; row++) {
    let hash = 0;
    for (let k = 0; k < length; k++) hash = Math.imul(hash ^ words[row * length + k]!, 0x9e3779b1) >>> 0;
    const alike = known.get(hash) ?? [];
    const first = alike.find((other) => same(other, row));
    if (first !== undefined) links.push({ a: first, b: row, ratio: 0 });
    else {
      known.set(hash, [...alike, row]);
      rowOf.push(row);
    }
  }
  const distinct = new Float32Array(rowOf.length * length);
  rowOf.forEach((row, place) => {
    distinct.set(data.subarray(row * length, (row + 1) * length), place * length);
  });
  return { distinct: { count: rowOf.length, channels, planes: distinct }, rowOf, links };
}

/** Sets of rows that links have joined. */
class Joined {
  readonly #parents: Uint32Array;

  constructor(rows: number) {
    this.#parents = Uint32Array.from({ length: rows }, (_, row) => row);
  }

  /** The least row of its set. */
  root(row: number): number {
    let at = row;
    while (this.#parents[at] !== at) {
      this.#parents[at] = this.#parents[this.#parents[at]!]!;
      at = this.#parents[at]!;
    }
    return at;
  }

  join(a: number, b: number): void {
    const [first, second] = [this.root(a), this.root(b)];
    if (first < second) this.#parents[second] = first;
    else this.#parents[first] = second;
  }

  /** How many rows each root stands for. */
  sizes(): Uint32Array {
    const sizes = new Uint32Array(this.#parents.length);
    for (let row = 0; row < sizes.length; row++) sizes[this.root(row)]!++;
    return sizes;
  }
}

function numbered(joined: Joined, rows: number): RowGroups | undefined {
  const numberOf = new Map<number, number>();
  const of = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    const root = joined.root(row);
    if (!numberOf.has(root)) numberOf.set(root, numberOf.size);
    of[row] = numberOf.get(root)!;
  }
  return numberOf.size === rows ? undefined : { of, count: numberOf.size };
}
