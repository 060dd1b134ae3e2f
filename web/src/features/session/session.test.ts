/** Where signing in may lead. */
import { expect, test } from "vitest";
import { safeNext } from "./session";

test("signing in returns to a path of the console", () => {
  expect(safeNext("/queue/1?status=failed")).toBe("/queue/1?status=failed");
});

test("signing in never leads to another site", () => {
  for (const next of [
    null,
    "",
    "https://example.org/",
    "//example.org",
    "/\\example.org",
    "javascript:alert(1)",
  ]) {
    expect(safeNext(next)).toBe("/");
  }
});
