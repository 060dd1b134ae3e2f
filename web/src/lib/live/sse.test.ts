/** The stream as it comes over the wire. */
import { expect, test } from "vitest";
import { messageParser, retryDelayMs } from "./sse";

test("a message cut anywhere is put together again", () => {
  const wire = 'id: c7\r\nevent: agentiq.interaction.ReplySent\r\ndata: {"a":\r\ndata: "б"}\r\n\r\n';
  for (let cut = 0; cut <= wire.length; cut += 1) {
    const parse = messageParser();
    expect([...parse(wire.slice(0, cut)), ...parse(wire.slice(cut))]).toEqual([
      { id: "c7", event: "agentiq.interaction.ReplySent", data: '{"a":\n"б"}' },
    ]);
  }
});

test("heartbeats and fields without data make no message", () => {
  const parse = messageParser();
  expect(parse(": heartbeat\n\nid: c9\n\nretry: 100\n\n")).toEqual([]);
});

test("the cursor of an earlier message stands until another comes", () => {
  const parse = messageParser();
  expect(parse("id: c1\ndata: a\n\ndata: b\n\n").map((message) => message.id)).toEqual(["c1", "c1"]);
});

test("waits double up to a ceiling and are spread by chance", () => {
  expect([1, 2, 3, 4, 5, 6, 20].map((attempt) => retryDelayMs(attempt, 1))).toEqual([
    500, 1000, 2000, 4000, 8000, 15000, 15000,
  ]);
  expect(retryDelayMs(3, 0)).toBe(1000);
});
