import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // The native runtime does not like being unloaded with a worker thread: one process per worker.
    pool: "forks",
    maxWorkers: 2,
    // Measured with --coverage, which .ci/run asks for.
    coverage: { provider: "v8", include: ["src/**/*.ts"], exclude: ["src/**/*.test.ts"] },
  },
});
