/** The URL as the only memory of what is listed. */
import { expect, test } from "vitest";
import { isNarrowed, listingOf, readListing, viewOf, withDue, withParam, withoutRating } from "./filters";

const read = (search: string) => readListing(new URLSearchParams(search));

test("a link carries the whole listing", () => {
  expect(
    read(
      "status=failed&reply_state=rejected&channel=review&marketplace=wildberries&account_id=a&rating=2,1&order=oldest",
    ),
  ).toEqual({
    filters: {
      status: "failed",
      reply_state: "rejected",
      channel: "review",
      marketplace: "wildberries",
      account_id: "a",
      rating: "1,2",
    },
    order: "oldest",
  });
});

test("a link carries by when to answer, and one choice of it", () => {
  expect(read("breached=true&order=deadline")).toEqual({ filters: { breached: true }, order: "deadline" });
  expect(read("due_within_minutes=120").filters).toEqual({ due_within_minutes: 120 });
  expect(read("due_within_minutes=7").filters).toEqual({});
  const late = withDue(new URLSearchParams("rating=1&due_within_minutes=30"), "late");
  expect(late.toString()).toBe("rating=1&breached=true");
  expect(withDue(late, "30").toString()).toBe("rating=1&due_within_minutes=30");
  expect(withDue(late, "").toString()).toBe("rating=1");
});

test("unknown values in a link are left out rather than sent to the server", () => {
  expect(read("status=constructor&reply_state=lost&channel=fax&rating=9,x&order=sideways")).toEqual({
    filters: {},
    order: "newest",
  });
});

test("each standing view is recognised from the query", () => {
  const view = (search: string) => viewOf(new URLSearchParams(search));
  expect(view("needs_response=true&rating=1")).toBe("needs_response");
  expect(view("status=failed")).toBe("failed");
  expect(view("")).toBe("all");
  expect(view("status=waiting")).toBeUndefined();
  expect(view("status=failed&reply_state=rejected")).toBeUndefined();
});

test("a parameter is set and removed without touching the others", () => {
  const params = new URLSearchParams("status=failed&rating=1");
  expect(withParam(params, "rating", undefined).toString()).toBe("status=failed");
  expect(withParam(params, "order", "oldest").toString()).toBe("status=failed&rating=1&order=oldest");
});

test("counts by rating do not depend on the rating chosen", () => {
  expect(withoutRating({ status: "failed", rating: "1" })).toEqual({ status: "failed" });
  expect(isNarrowed({ status: "failed" })).toBe(false);
  expect(isNarrowed({ rating: "1" })).toBe(true);
});

test("a moment in a link is the list's, and what the link says of the open item is not", () => {
  expect(read("at=2026-03-01T15:00:00%2B03:00").filters).toEqual({ as_of: "2026-03-01T12:00:00.000Z" });
  expect(read("at=yesterday").filters).toEqual({});
  const params = new URLSearchParams("rating=1&at=2026-03-01T12:00:00Z&as_of=abc&tab=journal");
  expect([...listingOf(params).keys()]).toEqual(["rating", "at"]);
});
