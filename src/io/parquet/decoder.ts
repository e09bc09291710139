/** Entry of a thread that decodes Parquet files, one at a time; `DecoderThread` is who asks. It can be ended at any time. */
import { parentPort } from "node:worker_threads";
import type { Column } from "../../data/table/table.js";
import { decodeParquet } from "../../formats/table/parquet-decode.js";
import { describeError } from "../../runtime/node/passed-error.js";
import { Requests } from "../../runtime/node/requests.js";
import { zlibPages } from "../zlib-inflate.js";
import type { DecodeRequest, FromDecoder, SliceRequest, ToDecoder } from "./protocol.js";

const port = parentPort!;
const send = (message: FromDecoder, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);
// A port that is listened to keeps its thread alive anyway.
const file = new Requests<SliceRequest>({ post: send, waiting: () => {} });

port.on("message", (message: ToDecoder) => {
  if ("job" in message) void decode(message);
  else file.settle(message);
});

// A message that cannot be read has no number to answer to: ending the thread tells who waits.
port.on("messageerror", (error) => {
  throw error;
});

async function decode({
  id,
  job,
  size,
  steps,
  wantsProgress,
}: DecodeRequest & { readonly id: number }): Promise<void> {
  const data = {
    source: job.source,
    size,
    givesBuffers: true,
    slice: async (from: number, to: number) => (await file.request({ from, to })) as Uint8Array,
  };
  try {
    const result = await decodeParquet(data, job, {
      pages: zlibPages,
      takesTurns: false,
      onStep: () => void Atomics.add(steps, 0, 1),
      onProgress: wantsProgress ? (progress) => send({ progress }) : undefined,
    });
    send({ id, result }, buffersOf(result.columns));
  } catch (error) {
    send({ id, error: describeError(error) });
  }
}

/** The buffers behind columns, each once. */
function buffersOf(columns: readonly Column[]): ArrayBuffer[] {
  const arrays = columns.map((column) => (column.kind === "numeric" ? column.values : column.codes));
  return [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))];
}
