import { HypersphereError } from "../errors.js";
import type { ByteSource } from "./byte-source.js";

/** Larger parts cost fewer turns of the event loop, and this many bytes of memory. */
const partBytes = 1 << 20;

/** A blob or file of a browser, or of Node, as a source. @param name for messages, and for its ending */
export function blobSource(blob: Blob, name = nameOf(blob)): ByteSource {
  const slice = async (from: number, to: number): Promise<Uint8Array> => {
    try {
      return new Uint8Array(await blob.slice(from, to).arrayBuffer());
    } catch (cause) {
      const what = cause instanceof Error ? cause.message : String(cause);
      throw new HypersphereError("io", `Cannot read ${name}: ${what}.`, {
        hint: "Was the file changed, moved or removed after it was chosen? Choose it again.",
        cause,
      });
    }
  };
  return {
    name,
    totalBytes: blob.size,
    slice,
    async *open() {
      for (let at = 0; at < blob.size; at += partBytes) yield await slice(at, at + partBytes);
    },
  };
}

/** Files have a name; blobs have none. */
function nameOf(blob: Blob): string {
  const { name } = blob as { readonly name?: unknown };
  return typeof name === "string" && name !== "" ? name : "<blob>";
}
