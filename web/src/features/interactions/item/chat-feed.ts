/** A chat as it is read: messages by day and author, and among them the replies from here that are not messages yet. */
import type { Message, Reply } from "@/lib/api/types";

export interface ChatMessage {
  kind: "message";
  key: string;
  at: string;
  message: Message;
  /** The reply from here that it is. */
  reply: Reply | undefined;
  /** Follows one of the same author on the same day: the author need not be named again. */
  isFollowing: boolean;
}

export interface ChatReply {
  kind: "reply";
  key: string;
  at: string;
  reply: Reply;
}

export type ChatEntry = ChatMessage | ChatReply;

export interface ChatDay {
  /** Any moment of that day. */
  at: string;
  entries: ChatEntry[];
}

/** Puts messages and replies together, oldest first. What is on its way stands at the end. */
export function daysOf(messages: readonly Message[], replies: readonly Reply[]): ChatDay[] {
  const byId = new Map(replies.map((reply) => [reply.reply_id, reply]));
  const seen = new Set(messages.map((message) => message.reply_id));
  const said = messages.map((message): ChatMessage => ({
    kind: "message",
    key: `message-${message.message_id}`,
    at: message.sent_at,
    message,
    reply: message.reply_id ? byId.get(message.reply_id) : undefined,
    isFollowing: false,
  }));
  const own = replies
    .filter((reply) => !seen.has(reply.reply_id))
    .map((reply): ChatReply => ({
      kind: "reply",
      key: `reply-${reply.reply_id}`,
      at: reply.sent_at ?? reply.requested_at,
      reply,
    }));
  const ended = own.filter(({ reply }) => !isOnItsWay(reply));
  const onTheirWay = own.filter(({ reply }) => isOnItsWay(reply));
  return byDay([...inOrder([...said, ...ended]), ...onTheirWay]);
}

/** The replies with the newest one as the item has it: it may have come first, or have got further since. */
export function withNewest(replies: readonly Reply[], newest: Reply | null): Reply[] {
  if (!newest) return [...replies];
  const isKnown = replies.some((reply) => reply.reply_id === newest.reply_id);
  return isKnown
    ? replies.map((reply) => (reply.reply_id === newest.reply_id ? newest : reply))
    : [...replies, newest];
}

/** Messages the buyer has sent. */
export function countOfBuyer(messages: readonly Message[]): number {
  return messages.filter((message) => message.author === "buyer").length;
}

/** The buyer's last message, by which one tells whether there was another since. */
export function lastOfBuyer(messages: readonly Message[]): string | undefined {
  return messages.findLast((message) => message.author === "buyer")?.message_id;
}

/** Not seen in the chat so far, and not given up. */
function isOnItsWay({ state }: Reply): boolean {
  return state === "held" || state === "sending" || state === "sent" || state === "unknown";
}

/** Messages are in the server's order, which of two of one moment keeps the one that came first. */
function inOrder(entries: ChatEntry[]): ChatEntry[] {
  return entries.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

function byDay(entries: readonly ChatEntry[]): ChatDay[] {
  const days: ChatDay[] = [];
  for (const entry of entries) {
    const day = days.at(-1);
    const before = day?.entries.at(-1);
    if (!day || dayOf(day.at) !== dayOf(entry.at)) days.push({ at: entry.at, entries: [entry] });
    else day.entries.push(isSameAuthor(before, entry) ? { ...entry, isFollowing: true } : entry);
  }
  return days;
}

function dayOf(at: string): string {
  return new Date(at).toDateString();
}

function isSameAuthor(before: ChatEntry | undefined, entry: ChatEntry): entry is ChatMessage {
  if (before?.kind !== "message" || entry.kind !== "message") return false;
  const isOwn = (each: ChatMessage) => each.message.reply_id !== null;
  return before.message.author === entry.message.author && isOwn(before) === isOwn(entry);
}
