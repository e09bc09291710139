/** Scores that are answered row by row, while further rows are still to come. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "hono";
import { Problem } from "../problem.js";
import type { ScoreAnswer, ScoreRequest } from "../scoring/index.js";
import { bodyOf, inOrder } from "./answer-stream.js";
import { type ArrivingFormat, type ArrivingRow, arrivingRows, unpacked } from "./arriving-rows.js";
import { liftBound } from "./body-deadline.js";
import { problemDetails } from "./problem-details.js";
import { bodyEncoding } from "./read-body.js";
import type { Env, Services } from "./services.js";
import { type ToldAnswer, toldRow } from "./told-scores.js";

export const LINES = "application/x-ndjson";

/** Batches of a stream that are scored and stored at a time: one is read and scored while others are written. */
const AT_ONCE = 3;
const RETRY_MS = 20;
const UNREAD_MS = 500;

type Asked = Omit<ScoreRequest, "data" | "part" | "settle">;

/** Whether the caller takes answers as lines. */
export const takesLines = (c: Context<Env>): boolean =>
  /\bapplication\/(x-ndjson|jsonl)\b/i.test(c.req.header("accept") ?? "");

interface Tally {
  rows: number;
  scored: number;
  flagged: number;
  refused: number;
}

/** An answer that is there already, as lines. */
export function linesOf(
  c: Context<Env>,
  services: Services,
  model: string,
  { rows, version, warnings }: ScoreAnswer,
): Response {
  const tally = newTally();
  const text = textOf(rows, version, tally) + endOf(tally, warnings);
  countRows(services, model, tally);
  return c.body(text, 200, { "Content-Type": LINES });
}

/**
 * Answers rows as they come, in batches of what came together. Each line is of a row that is stored; the last line counts
 * them, or is the problem for which there are no further ones.
 * @throws Problem, HypersphereError for what is wrong before the first answer
 */
export async function scoreStream(
  c: Context<Env>,
  services: Services,
  format: ArrivingFormat,
  asked: Asked,
): Promise<Response> {
  const { settings, stopping, log } = services;
  const leave = services.streams.enter(1);
  const gone = new AbortController();
  const tally = newTally();
  const requestId = c.get("requestId");
  const free = (error?: unknown): void => {
    leave();
    gone.abort();
    log.info({ request: requestId, ...tally, ...(error !== undefined && { err: error }) }, "stream ended");
  };
  try {
    const incoming = (c.env as { incoming?: IncomingMessage }).incoming;
    if (incoming !== undefined) liftBound(incoming);
    const body = ((c.req.raw.body ?? []) as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    const pieces = inTime(body, settings.bodySeconds, [stopping, gone.signal]);
    const batches = arrivingRows(unpacked(pieces, bodyEncoding(c)), format);
    const id = randomUUID();
    let next = 0;
    const work = async (batch: readonly ArrivingRow[]): Promise<string> => {
      const first = next;
      next += batch.length;
      // Keys are revoked while streams go on.
      await services.callers.identify(c.req.header("authorization"));
      return answered(services, batch, first, { ...asked, id }, { tally, gone: gone.signal });
    };
    const answers = inOrder(batches, AT_ONCE, work);
    const texts = (async function* (): AsyncGenerator<string> {
      yield* answers;
      if (next === 0) throw new Problem("invalid-request", "The body has no rows.");
      yield endOf(tally, []);
    })();
    const head = await texts.next();
    async function* whole(): AsyncGenerator<string> {
      try {
        yield head.value!;
        yield* texts;
      } finally {
        await texts.return(undefined);
      }
    }
    const told = (error: unknown): string => {
      const details = problemDetails(error, requestId);
      if (details.status >= 500) log.error({ err: error, request: requestId }, "stream failed");
      return `${JSON.stringify(details)}\n`;
    };
    const patienceMs = settings.answerSeconds * 1000;
    // After a problem something may be unread, which no other request can come after.
    const headers = { "Content-Type": LINES, Connection: "close" };
    const lastly = (): Promise<void> => leftUnread(body);
    return c.body(bodyOf(whole(), { told, lastly, patienceMs, ended: free }), 200, headers);
  } catch (error) {
    free(error);
    throw error;
  }
}

/** Scores a batch and stores it. @returns a line for each of its rows */
async function answered(
  services: Services,
  batch: readonly ArrivingRow[],
  first: number,
  { id, ...asked }: Asked & { id: string },
  { tally, gone }: { tally: Tally; gone: AbortSignal },
): Promise<string> {
  const read = batch.flatMap((one, k) => ("row" in one ? [{ row: one.row, place: first + k }] : []));
  const rows = read.map(({ row }) => row);
  const part = { id, places: read.map(({ place }) => place) };
  const score = (): Promise<ScoreAnswer> =>
    services.scoring.score({ ...asked, data: { kind: "rows", rows }, part });
  const answer = rows.length === 0 ? undefined : await withRoom(services, rows.length, gone, score);
  let next = 0;
  const answers = batch.map((one, k): ToldAnswer => {
    if ("row" in one) return answer!.rows[next++]!;
    return { row: first + k, error: one.fault };
  });
  const own = newTally();
  const text = textOf(answers, answer?.version ?? null, own);
  for (const what of Object.keys(tally) as (keyof Tally)[]) tally[what] += own[what];
  countRows(services, asked.model, own);
  return text;
}

/** Rows that wait are bounded; a stream waits for room, where a request is told to come again. */
async function withRoom<T>(
  { rows, settings }: Services,
  count: number,
  gone: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const until = Date.now() + settings.answerSeconds * 1000;
  for (;;) {
    gone.throwIfAborted();
    let leave: () => void;
    try {
      leave = rows.enter(count);
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(RETRY_MS);
      continue;
    }
    try {
      return await work();
    } finally {
      leave();
    }
  }
}

/** Takes what is on its way, for a moment: whoever sends it then hears why it is not read. */
async function leftUnread(pieces: AsyncIterator<Uint8Array>): Promise<void> {
  const until = performance.now() + UNREAD_MS;
  const over = sleep(UNREAD_MS, { done: true }, { ref: false });
  while (performance.now() < until) {
    const { done } = await Promise.race([pieces.next().catch(() => ({ done: true })), over]);
    if (done) return;
  }
}

/** Pieces of a body, each within its time. @throws Problem `timeout`; `unavailable` once the service stops */
async function* inTime(
  pieces: AsyncIterator<Uint8Array>,
  seconds: number,
  signals: readonly AbortSignal[],
): AsyncGenerator<Uint8Array> {
  const [stopping, gone] = signals as [AbortSignal, AbortSignal];
  let fail = (_: unknown): void => {};
  const stop = (): void => fail(new Problem("unavailable", "The service is stopping.", { retryAfter: 5 }));
  const leave = (): void => fail(new Error("The caller has gone."));
  stopping.addEventListener("abort", stop);
  gone.addEventListener("abort", leave);
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const failed = new Promise<never>((_, reject) => {
        fail = reject;
        timer = setTimeout(
          () => reject(new Problem("timeout", `No further row came for ${seconds} s.`)),
          seconds * 1000,
        );
      });
      if (stopping.aborted) stop();
      if (gone.aborted) leave();
      const piece = await Promise.race([pieces.next(), failed]).finally(() => clearTimeout(timer));
      if (piece.done) return;
      yield piece.value;
    }
  } finally {
    stopping.removeEventListener("abort", stop);
    gone.removeEventListener("abort", leave);
    // The rest of the body is left unread: to cancel it would end the connection, and with it what is being answered.
  }
}

/** For Prometheus. */
export function countRows(
  { metrics }: Services,
  model: string,
  { scored, flagged }: Pick<Tally, "scored" | "flagged">,
): void {
  metrics.rows.inc({ model, flagged: "true" }, flagged);
  metrics.rows.inc({ model, flagged: "false" }, scored - flagged);
}

const newTally = (): Tally => ({ rows: 0, scored: 0, flagged: 0, refused: 0 });

function textOf(answers: readonly ToldAnswer[], version: number | null, tally: Tally): string {
  const lines = answers.map((answer) => {
    tally.rows++;
    if ("error" in answer) tally.refused++;
    else if (answer.score !== null) {
      tally.scored++;
      if (answer.isAnomaly) tally.flagged++;
    }
    return `${JSON.stringify({ ...toldRow(answer), version })}\n`;
  });
  return lines.join("");
}

const endOf = (tally: Tally, warnings: readonly string[]): string =>
  `${JSON.stringify({ done: tally, ...(warnings.length > 0 && { warnings }) })}\n`;
