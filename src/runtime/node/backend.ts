import { availableParallelism } from "node:os";
import type { Backend } from "../backend.js";
import type { Runtime } from "../port.js";
import { loadRuntime } from "./load.js";
import { WorkerRuntime } from "./worker-runtime.js";

export interface NodeBackendOptions {
  /** "auto" (default) takes the native build where it loads, else WebAssembly. */
  runtime?: "auto" | Runtime["kind"];
  /** Worker threads that training may use at the same time. Default: the machine's cores. */
  cores?: number;
  /** Receives one line on why the slower build is used. */
  onFallback?: (message: string) => void;
}

/** More threads than this wait for each other more than they work, in steps of some milliseconds. */
const MOST_THREADS = 8;

/** Runtimes for Node: native in worker threads, WebAssembly where the native binary is missing or does not load. */
export function nodeBackend({
  runtime = "auto",
  cores = availableParallelism(),
  onFallback,
}: NodeBackendOptions = {}): Backend {
  let loaded: Promise<Runtime> | undefined;
  const inline = (): Promise<Runtime> => {
    loaded ??= loadRuntime(runtime, onFallback);
    return loaded;
  };
  return {
    cores,
    inline,
    meters: {
      seconds: () => performance.now() / 1000,
      peakMemoryMiB: () => process.resourceUsage().maxRSS / 1024,
    },
    open: async (count) => {
      const { kind, version } = await inline();
      // Each gets its share of the cores. WebAssembly has one thread, see web.ts.
      const share = kind === "native" ? Math.max(1, Math.min(MOST_THREADS, Math.floor(cores / count))) : 1;
      return Array.from({ length: count }, () => new WorkerRuntime(kind, version, { cores: share }));
    },
  };
}
