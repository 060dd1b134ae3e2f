/** A chat in the order it is read. */
import { expect, test } from "vitest";
import type { Message, Reply } from "@/lib/api/types";
import { countOfBuyer, daysOf, lastOfBuyer, withNewest } from "./chat-feed";

const at = (day: number, minutes: number) => new Date(2026, 10, day, 12, minutes).toISOString();

function message(
  id: string,
  author: Message["author"],
  sent_at: string,
  reply_id: string | null = null,
): Message {
  return { message_id: id, author, sent_at, reply_id, text: id, files: [], erased: false };
}

function reply(reply_id: string, state: Reply["state"], requested_at: string): Reply {
  return { reply_id, state, requested_at, sent_at: null, text: reply_id } as Reply;
}

const keysOf = (messages: Message[], replies: Reply[]) =>
  daysOf(messages, replies).map((day) => day.entries.map((entry) => entry.key));

test("messages stand by day, and one after another of the same author follows", () => {
  const days = daysOf(
    [
      message("1", "buyer", at(20, 0)),
      message("2", "buyer", at(20, 1)),
      message("3", "seller", at(20, 2)),
      message("4", "seller", at(20, 3), "r"),
      message("5", "seller", at(21, 0), "r2"),
    ],
    [],
  );
  const isFollowing = days.map((day) =>
    day.entries.map((entry) => entry.kind === "message" && entry.isFollowing),
  );
  expect(isFollowing).toEqual([[false, true, false, false], [false]]);
});

test("a reply that is seen as a message stands there once, with what is known of it", () => {
  const seen = reply("r", "published", at(20, 0));
  const [day] = daysOf([message("1", "seller", at(20, 1), "r")], [seen]);
  expect(day?.entries).toMatchObject([{ kind: "message", reply: seen }]);
});

test("what is on its way stands at the end, what came to nothing where it was tried", () => {
  const messages = [message("1", "buyer", at(20, 0)), message("2", "buyer", at(20, 9))];
  const replies = [
    reply("failed", "failed", at(20, 5)),
    reply("unknown", "unknown", at(20, 6)),
    reply("sending", "sending", at(20, 7)),
  ];
  expect(keysOf(messages, replies)).toEqual([
    ["message-1", "reply-failed", "message-2", "reply-unknown", "reply-sending"],
  ]);
});

test("of two of one moment the server's order is kept", () => {
  const messages = [message("b", "buyer", at(20, 0)), message("a", "marketplace", at(20, 0))];
  expect(keysOf(messages, [])).toEqual([["message-b", "message-a"]]);
});

test("the buyer's messages are counted, and the last one is known", () => {
  const messages = [message("1", "buyer", at(20, 0)), message("2", "seller", at(20, 1))];
  expect(countOfBuyer(messages)).toBe(1);
  expect(lastOfBuyer(messages)).toBe("1");
  expect(lastOfBuyer([])).toBeUndefined();
});

test("the newest reply is taken from where it is known best", () => {
  const [first, second] = [reply("1", "published", at(20, 0)), reply("2", "sending", at(20, 1))];
  const further = reply("2", "sent", at(20, 1));
  expect(withNewest([first], second)).toEqual([first, second]);
  expect(withNewest([first, second], further)).toEqual([first, further]);
  expect(withNewest([first], null)).toEqual([first]);
});
