/** Answers that go out while what they answer still comes in. */

/** What the source said: an item, or that there is none any more. */
type Said<In> =
  | { readonly kind: "item"; readonly item: In }
  | { readonly kind: "end" }
  | { readonly kind: "fault"; readonly fault: unknown };
/** What came of an item. */
type Done<Out> =
  | { readonly kind: "answer"; readonly answer: Out }
  | { readonly kind: "failed"; readonly error: unknown };

/**
 * Works on several items at a time and gives what comes of them in their order, each as soon as it is there. No further item is
 * asked for while as many are being worked on or wait to be taken. What goes wrong is thrown after what came before it.
 */
export async function* inOrder<In, Out>(
  source: AsyncIterable<In>,
  most: number,
  work: (item: In) => Promise<Out>,
): AsyncGenerator<Out> {
  const items = source[Symbol.asyncIterator]();
  const running: Promise<Done<Out>>[] = [];
  let asked: Promise<Said<In>> | undefined;
  let last: Said<In> | undefined;
  try {
    while (last === undefined || running.length > 0) {
      if (last === undefined && running.length < most) asked ??= said(items);
      const won = await Promise.race([...running.slice(0, 1), ...(asked === undefined ? [] : [asked])]);
      if (won.kind === "answer" || won.kind === "failed") {
        void running.shift();
        if (won.kind === "failed") throw won.error;
        yield won.answer;
        continue;
      }
      asked = undefined;
      if (won.kind === "item") running.push(done(work(won.item)));
      else last = won;
    }
    if (last.kind === "fault") throw last.fault;
  } finally {
    // What was asked for already may never come: nobody waits for it.
    void items.return?.().catch(() => {});
  }
}

const said = <In>(items: AsyncIterator<In>): Promise<Said<In>> =>
  items.next().then(
    ({ done, value }) => (done ? { kind: "end" } : { kind: "item", item: value }),
    (fault) => ({ kind: "fault", fault }),
  );

const done = <Out>(work: Promise<Out>): Promise<Done<Out>> =>
  work.then(
    (answer) => ({ kind: "answer", answer }),
    (error) => ({ kind: "failed", error }),
  );

export interface StreamEnds {
  /** What is said in place of the rest where something goes wrong. */
  told(error: unknown): string;
  /** What is done before the connection ends after such words: they are lost where it ends with something unread. */
  lastly(): Promise<void>;
  /** Milliseconds that an answer may wait to be taken. */
  readonly patienceMs: number;
  /** Frees what the stream holds, however it ended; called once. */
  ended(error?: unknown): void;
}

/** Texts as the body of an answer, each made once there is room for it. */
export function bodyOf(
  texts: AsyncGenerator<string>,
  { told, lastly, patienceMs, ended }: StreamEnds,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let patience: NodeJS.Timeout | undefined;
  let over = false;
  const end = (error?: unknown): void => {
    clearTimeout(patience);
    if (over) return;
    over = true;
    ended(error);
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(patience);
        try {
          const { done, value } = await texts.next();
          if (over) return;
          if (done) {
            end();
            controller.close();
            return;
          }
          controller.enqueue(encoder.encode(value));
          patience = setTimeout(() => {
            end(new Error("The answers were not taken."));
            void texts.return(undefined).catch(() => {});
            controller.error(new Error("The answers were not taken."));
          }, patienceMs);
        } catch (error) {
          if (over) return;
          end(error);
          controller.enqueue(encoder.encode(told(error)));
          await lastly();
          controller.close();
        }
      },
      cancel(reason) {
        end(reason ?? new Error("The caller has gone."));
        void texts.return(undefined).catch(() => {});
      },
    },
    { highWaterMark: 1 },
  );
}
