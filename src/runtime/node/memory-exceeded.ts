/** What a process says on standard error before it ends itself for its memory. */
export const MEMORY_EXCEEDED = "hypersphere: memory limit exceeded";
