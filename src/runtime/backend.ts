import { HypersphereError } from "../errors.js";
import type { Runtime } from "./port.js";

/** A platform's clock and memory. */
export interface Meters {
  /** Since any moment. */
  seconds(): number;
  /** Of the whole process, at its highest. */
  peakMemoryMiB?(): number;
}

/** What a platform offers. Each door of the package (Node, browser) provides its own. */
export interface Backend {
  /** Processor cores that training may use at the same time. */
  readonly cores: number;
  /** A runtime in the calling thread, shared by all callers: for short work, since runs block the thread. */
  inline(): Promise<Runtime>;
  /** New runtimes off the calling thread, where the platform has threads. The caller closes them. */
  open(count: number): Promise<Runtime[]>;
  /** What comparisons measure time and memory by. */
  readonly meters?: Meters;
  /** Writes a file whole or not at all, on platforms that have files. */
  readonly writeFile?: (path: string, bytes: Uint8Array, options: { force: boolean }) => Promise<void>;
}

let provided: Backend | undefined;

/** Called once by the door through which the package was entered. */
export function provideBackend(backend: Backend): void {
  provided = backend;
}

export function currentBackend(): Backend {
  if (provided === undefined) {
    throw new HypersphereError("runtime", "No ONNX Runtime was provided.", {
      hint: 'Import "hypersphere" (Node) or "hypersphere/web" (browser), or call provideBackend() with your own.',
    });
  }
  return provided;
}
