import { throwIfAborted } from "../errors.js";
import type { RawRows } from "../features/index.js";
import { currentBackend, type Session } from "../runtime/index.js";
import type { ScoreOptions } from "./model.js";
import type { Sessions } from "./sessions.js";

/** More rows than this are scored off the calling thread. */
const ROWS_INLINE = 65_536;

export type Results = Awaited<ReturnType<Session["run"]>>;
/** How scores are computed, and nothing of what they mean. */
export type Running = Pick<ScoreOptions, "backend" | "onProgress" | "signal">;
type Take = (from: number, to: number, results: Results) => Promise<void>;

/** Maps are as large as their images, and handed over only to whom they are for. */
export const withMaps = (outputs: readonly string[], onMap: unknown): readonly string[] =>
  onMap === undefined ? outputs : [...outputs, "map"];

/** Scores rows piece by piece: many of them off the calling thread, few in a session that is kept for the next ones. */
export async function runInPieces(
  sessions: Sessions,
  raw: RawRows,
  outputs: readonly string[],
  options: Running,
  take: Take,
): Promise<void> {
  const { backend = currentBackend() } = options;
  if (raw.rowCount <= ROWS_INLINE) {
    return sessions.use(backend, (session) => runPieces(session, raw, outputs, options, take));
  }
  const [runtime] = await backend.open(1);
  try {
    await runPieces(await runtime!.createSession(sessions.model), raw, outputs, options, take);
  } finally {
    await runtime!.close();
  }
}

async function runPieces(
  session: Session,
  raw: RawRows,
  outputs: readonly string[],
  { onProgress, signal }: Running,
  take: Take,
): Promise<void> {
  for await (const { from, to, feeds } of raw.pieces()) {
    throwIfAborted(signal);
    await take(from, to, await session.run(feeds, outputs));
    onProgress?.(to / raw.rowCount);
  }
}
