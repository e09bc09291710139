import type { ErrorCode } from "../errors.js";

/** What the process answers to its caller. Stable: scripts rely on these numbers. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  data: 3,
  model: 4,
  files: 5,
  runtime: 6,
  collapsed: 7,
  drift: 8,
  partial: 9,
  stopped: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const exitCodeOf: Readonly<Record<ErrorCode, ExitCode>> = {
  "invalid-option": EXIT.usage,
  "unreadable-data": EXIT.data,
  "unfit-data": EXIT.data,
  "schema-mismatch": EXIT.data,
  "invalid-model": EXIT.model,
  "degenerate-encoder": EXIT.collapsed,
  collapsed: EXIT.collapsed,
  io: EXIT.files,
  "file-exists": EXIT.files,
  runtime: EXIT.runtime,
  aborted: EXIT.stopped,
  internal: EXIT.internal,
};

export function exitCode(code: ErrorCode): ExitCode {
  return exitCodeOf[code];
}

/** For the end of --help. */
export const exitCodesHelp = `Exit codes:
  0    done
  1    a defect of hypersphere
  2    wrong options or arguments
  3    data that cannot be read, is not fit for this, or has other columns than the model
  4    not a model file, or one that was damaged or changed
  5    a file cannot be read or written, or exists already
  6    no ONNX Runtime loads, or it failed
  7    training collapsed, or the network could only have answered a constant
  8    monitor has noticed drift
  9    done in part: the fits of some entities of a fleet failed, or --skip-corrupt left images without scores
  130  stopped by Ctrl-C`;
