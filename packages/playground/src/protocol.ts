/** What the page asks of its worker, and what it is answered. Everything can be cloned between threads. */

import type { Ties } from "hypersphere/scoring";

/** The data that a model learns from, and other data that it then scores. */
export type Slot = "training" | "later";

export type Source =
  | { readonly files: readonly { readonly file: File; readonly path: string }[] }
  /** A built-in example, and which part of it. */
  | { readonly example: string };

export interface Reading {
  /** Columns that are not to be learned from. */
  readonly exclude: readonly string[];
  /** Where the rows of a table are the steps of series, one after the other. */
  readonly steps?:
    | {
        /** Without it, rows are in their order. */
        readonly timeColumn: string | undefined;
        /** Without it, all rows are of one series. */
        readonly entityColumn: string | undefined;
        /** Of the table before it was cut: time and entity are no columns of a series. */
        readonly columns: readonly string[];
      }
    | undefined;
  readonly labelColumn: string | undefined;
  readonly normalLabel: string | undefined;
  /** What the label column says: it is no column of the data once it is named. */
  readonly labelTexts?: readonly string[] | undefined;
}

export interface ColumnView {
  readonly name: string;
  readonly kind: "numeric" | "categorical";
  readonly learned: boolean;
  /** Why it is left out. */
  readonly reason: string | undefined;
  /** Its values in a line. */
  readonly summary: string;
  /** Its different texts, where they are few: one may be the label of normal rows. */
  readonly texts: readonly string[];
}

export type CellValue = number | string | null;

/** An image as a canvas takes it: red, green, blue, opaque. */
export interface Picture {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

export interface Overview {
  readonly kind: "table" | "series" | "images";
  readonly source: string;
  /** Rows as people see them. */
  readonly rows: number;
  readonly columns: readonly ColumnView[];
  /** Of tables the first rows. */
  readonly head: readonly (readonly CellValue[])[];
  /** Of images the first ones. */
  readonly pictures: readonly Picture[];
  readonly labels:
    | {
        readonly by: string;
        readonly normal: number;
        readonly anomalies: number;
        readonly unlabelled: number;
      }
    | undefined;
  /** Images of a folder's part for training; undefined where all are. */
  readonly trainingRows: number | undefined;
  /** Time steps of a window, of a series. */
  readonly window: number | undefined;
  readonly warnings: readonly string[];
}

export interface Training {
  readonly detector: string;
  /** A rule for the threshold, as text. */
  readonly rule: string;
}

export interface Trained {
  /** What was fitted: auto may fit another detector. */
  readonly detector: string;
  readonly threshold: number;
  /** Scores of the normal rows held out, which the threshold comes from. */
  readonly calibrationScores: Float32Array;
  readonly learnedFrom: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Which scores count as equal. */
  readonly ties: Ties;
  /** Whether the model says where an image is abnormal. */
  readonly maps: boolean;
  readonly warnings: readonly string[];
}

export interface Scored {
  readonly source: string;
  readonly kind: Overview["kind"];
  readonly scores: Float32Array;
  /** Labels where the data have some: 1 anomaly, 0 normal, -1 unknown. */
  readonly labels: Int8Array | undefined;
  /** What rows are called, where they have names. */
  readonly names: readonly string[] | undefined;
  /** Of rows that are steps of series. */
  readonly timeline: TimelineView | undefined;
  readonly notes: readonly string[];
}

export interface TimelineView {
  /** Rows, series after series, each in the order of time. */
  readonly rows: Uint32Array;
  /** Where in `rows` a stretch without a gap begins, ascending. */
  readonly breaks: Uint32Array;
}

export interface Why {
  readonly contributions: readonly {
    readonly name: string;
    readonly value: CellValue;
    readonly normal: string;
    readonly amount: number;
  }[];
  readonly rest: number;
  readonly changes: readonly { readonly name: string; readonly from: CellValue; readonly to: CellValue }[];
  readonly warnings: readonly string[];
}

/** An image, and the same with the map of where it is abnormal over it. */
export interface Mapped {
  readonly plain: Picture;
  readonly overlaid: Picture;
}

/** Every task: what it is given, and what it answers. */
export interface Tasks {
  open: { given: { slot: Slot; source: Source; reading: Reading }; answer: Overview };
  train: { given: Training; answer: Trained };
  score: { given: { slot: Slot }; answer: Scored };
  explain: { given: { slot: Slot; row: number; threshold: number }; answer: Why };
  map: { given: { slot: Slot; row: number; threshold: number }; answer: Mapped };
  pictures: { given: { slot: Slot; rows: readonly number[] }; answer: readonly Picture[] };
  /** The model file; with a threshold, that one in place of its own. */
  file: { given: { threshold: number | undefined }; answer: Uint8Array<ArrayBuffer> };
}

export type TaskName = keyof Tasks;

export interface Progress {
  readonly stage: string;
  /** From 0 to 1. */
  readonly fraction: number;
}

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

export type ToWorker =
  | { readonly id: number; readonly task: TaskName; readonly given: unknown }
  | { readonly stop: true };

export type FromWorker =
  | { readonly id: number; readonly progress: Progress }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly fault: Fault };
