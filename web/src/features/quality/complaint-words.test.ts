import { expect, test } from "vitest";
import { complaintsAddress, share, trendWords } from "./complaint-words";

test("a change is said with how many there were", () => {
  expect(trendWords({ count: 5, before: 3 })).toBe("было 3, больше на 2");
  expect(trendWords({ count: 0, before: 1200 })).toBe("было 1\u00a0200, меньше на 1\u00a0200");
  expect(trendWords({ count: 0, before: 0 })).toBe("столько же, сколько было");
});

test("a share of nothing is nothing", () => {
  expect(share(1, 3)).toBe(33.3);
  expect(share(0, 0)).toBe(0);
});

test("a number opens those that it counts", () => {
  const told = { written_since: "2026-11-01T21:00:00Z", written_until: "2026-11-08T21:00:00Z" };
  const address = new URL(complaintsAddress(told, { product: "А&Б", intent: "defect" }), "http://here");
  expect(address.pathname).toBe("/queue");
  expect(Object.fromEntries(address.searchParams)).toEqual({
    ...told,
    complaint: "true",
    product: "А&Б",
    intent: "defect",
  });
});
