import { expect } from "vitest";
import type { Answer } from "./start.js";

/** That a request was refused as all are, with nothing of where the service lives, or of how it works inside. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.body?.code, answer.body?.detail]).toEqual([status, code, expect.any(String)]);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.body).toMatchObject({
    type: `urn:hypersphere:problem:${code}`,
    title: expect.any(String),
    status,
  });
  expect(answer.body.instance).toBe(`urn:uuid:${answer.headers.get("x-request-id")}`);
  // Nothing of where the service lives, or of how it works inside.
  expect(answer.text).not.toMatch(/\/tmp\/|node_modules|\bat .*\.js:|select |insert /);
}
