import { throwIfAborted } from "../errors.js";
import type { OverlappingRows, Piece, RawRows } from "../features/index.js";
import { currentBackend, type Session } from "../runtime/index.js";
import type { ScoreOptions } from "./model.js";
import type { Sessions, StepSessions } from "./sessions.js";

/** More rows than this are scored off the calling thread. */
const ROWS_INLINE = 65_536;

export type Results = Awaited<ReturnType<Session["run"]>>;
/** How scores are computed, and nothing of what they mean. */
export type Running = Pick<ScoreOptions, "backend" | "onProgress" | "signal">;
type Take = (from: number, to: number, results: Results) => Promise<void>;

/** Maps are as large as their images, and handed over only to whom they are for. */
export const withMaps = (outputs: readonly string[], onMap: unknown): readonly string[] =>
  onMap === undefined ? outputs : [...outputs, "map"];

/** Numbers of windows from which another session of the model is worth what it takes to make it. */
const NUMBERS_OVER_STEPS = 2 ** 20;
/** Windows that a step is in, from which it pays to compute over steps. */
const LEAST_SHARED = 8;

/**
 * Scores rows piece by piece: many of them off the calling thread, few in a session that is kept for the next ones. Windows
 * that share most of their steps are scored over these.
 */
export async function runInPieces(
  sessions: Sessions,
  raw: RawRows,
  outputs: readonly string[],
  options: Running,
  take: Take,
): Promise<void> {
  const { backend = currentBackend() } = options;
  // Without a pause for others: a session that is asked for before the model is closed is closed with it.
  const shared = isLong(raw) ? await overSteps(sessions, raw.overlapping!) : undefined;
  const pieces = shared === undefined ? raw.pieces() : raw.overlapping!.pieces(shared.windows);
  const used = shared === undefined ? sessions : shared.sessions;
  const run = (session: Session): Promise<void> =>
    runPieces(session, pieces, raw.rowCount, outputs, options, take);
  if (raw.rowCount <= ROWS_INLINE) return used.use(backend, run);
  const [runtime] = await backend.open(1);
  try {
    await run(await runtime!.createSession(used.model));
  } finally {
    await runtime!.close();
  }
}

/** Whether there are so many windows that another session may be worth making. */
const isLong = ({ overlapping, rowCount }: RawRows): boolean =>
  overlapping !== undefined && rowCount * overlapping.numbers >= NUMBERS_OVER_STEPS;

/** Sessions over the steps of windows; undefined where these are better scored one by one. */
async function overSteps(sessions: Sessions, windows: OverlappingRows): Promise<StepSessions | undefined> {
  const made = await sessions.overSteps();
  return made !== null && windows.shared(made.windows) >= LEAST_SHARED ? made : undefined;
}

async function runPieces(
  session: Session,
  pieces: AsyncIterable<Piece> | Iterable<Piece>,
  rowCount: number,
  outputs: readonly string[],
  { onProgress, signal }: Running,
  take: Take,
): Promise<void> {
  for await (const { from, to, feeds } of pieces) {
    throwIfAborted(signal);
    await take(from, to, await session.run(feeds, outputs));
    onProgress?.(to / rowCount);
  }
}
