/** Reads a `text/event-stream` body, and decides when to try a broken stream again. */

export interface StreamMessage {
  /** Cursor to resume from; empty when the server sent none. */
  id: string;
  event: string;
  data: string;
}

/** A parser that is fed pieces of text as they arrive and gives back the messages they complete. */
export function messageParser(): (chunk: string) => StreamMessage[] {
  let rest = "";
  let lastId = "";
  let event = "";
  let data: string[] = [];

  return (chunk) => {
    const messages: StreamMessage[] = [];
    rest += chunk;
    // A lone CR at the end may be the first half of CRLF: it waits for the next piece.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) messages.push({ id: lastId, event: event || "message", data: data.join("\n") });
        event = "";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "id" && !value.includes("\0")) lastId = value;
      else if (field === "event") event = value;
      else if (field === "data") data.push(value);
    }
    return messages;
  };
}

/** Milliseconds to wait before attempt number `attempt` (from 1): doubling to 15 s, spread so that tabs do not return together. */
export function retryDelayMs(attempt: number, chance: number): number {
  const ceiling = Math.min(15_000, 500 * 2 ** (attempt - 1));
  return Math.round(ceiling * (0.5 + chance / 2));
}
