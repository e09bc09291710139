import { expect, it } from "vitest";
import { type Backend, currentBackend, provideBackend } from "./backend.js";

it("asks for a backend until one is provided", () => {
  expect(() => currentBackend()).toThrow(
    expect.objectContaining({ code: "runtime", hint: expect.stringContaining("hypersphere/web") }),
  );
  const backend: Backend = {
    cores: 1,
    inline: () => Promise.reject(new Error("unused")),
    open: async () => [],
  };
  provideBackend(backend);
  expect(currentBackend()).toBe(backend);
});
