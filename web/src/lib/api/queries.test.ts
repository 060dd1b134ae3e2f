/** What is kept of the server's answers. */
import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { forgetPast, keys } from "./queries";

test("when a buyer is erased, no answer about any past is kept", async () => {
  const client = new QueryClient();
  const list = keys.list({ as_of: "2026-03-01T12:00:00Z" }, "newest");
  const gone = [
    keys.history("a"),
    keys.journal("a"),
    keys.steps("a"),
    keys.why("a"),
    keys.past("a", "cursor"),
    list,
  ];
  const kept = [keys.item("a"), keys.steps("b"), keys.list({}, "newest")];
  for (const key of [...gone, ...kept]) client.setQueryData(key, "Анна");
  await forgetPast(client, "a");
  expect(gone.map((key) => client.getQueryData(key))).toEqual(gone.map(() => undefined));
  expect(kept.map((key) => client.getQueryData(key))).toEqual(kept.map(() => "Анна"));
});
