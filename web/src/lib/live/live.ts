/** The live stream of the seller's events: kept open while the tab is seen, resumed from the last cursor. */
import { onPositionGone, reportSessionLost } from "@/lib/api/client";
import type { CloudEvent } from "@/lib/api/types";
import { notePosition } from "./position";
import { messageParser, retryDelayMs } from "./sse";

/** How the stream is doing. `since` is when trouble began, in milliseconds of the epoch. */
export type Connection =
  { kind: "idle" } | { kind: "open"; caughtUp: number } | { kind: "trouble"; since: number; attempt: number };

/** The server sends a heartbeat at least every 15 s; twice that without a byte is a dead connection. */
const SILENCE_MAX_MS = 35_000;
/** Events that arrive together are handled together. */
const BATCH_MS = 120;
/** A hidden tab gives its connection back: browsers allow six to one host. */
const HIDDEN_MAX_MS = 60_000;

type BatchListener = (events: CloudEvent[]) => void;

let connection: Connection = { kind: "idle" };
let cursor: string | undefined;
let running: AbortController | undefined;
let batch: CloudEvent[] = [];
let flushTimer: ReturnType<typeof setTimeout> | undefined;
const stateListeners = new Set<() => void>();
const batchListeners = new Set<BatchListener>();
const gapListeners = new Set<() => void>();

/** Present state, for `useSyncExternalStore`. */
export function connectionNow(): Connection {
  return connection;
}

/** Calls `listener` when the state of the connection changes. */
export function onConnection(listener: () => void): () => void {
  stateListeners.add(listener);
  return () => stateListeners.delete(listener);
}

/** Calls `listener` with events as they come, several at a time. */
export function onEvents(listener: BatchListener): () => void {
  batchListeners.add(listener);
  return () => batchListeners.delete(listener);
}

/** Calls `listener` when events may have been missed, so that what is shown must be read anew. */
export function onGap(listener: () => void): () => void {
  gapListeners.add(listener);
  return () => gapListeners.delete(listener);
}

/** Opens the stream and keeps it open until the returned function is called. */
export function startLive(): () => void {
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  const connect = () => {
    if (running) return;
    running = new AbortController();
    void keepOpen(running.signal);
  };
  const disconnect = () => {
    running?.abort();
    running = undefined;
  };
  const onVisibility = () => {
    clearTimeout(hiddenTimer);
    if (document.visibilityState === "visible") connect();
    else hiddenTimer = setTimeout(disconnect, HIDDEN_MAX_MS);
  };

  const beginAnew = () => {
    forget();
    if (running === undefined) return;
    disconnect();
    connect();
  };

  document.addEventListener("visibilitychange", onVisibility);
  const ignoreGone = onPositionGone(beginAnew);
  connect();
  return () => {
    ignoreGone();
    document.removeEventListener("visibilitychange", onVisibility);
    clearTimeout(hiddenTimer);
    disconnect();
    forget();
    become({ kind: "idle" });
  };
}

function forget(): void {
  cursor = undefined;
  notePosition(undefined);
}

async function keepOpen(stop: AbortSignal): Promise<void> {
  let attempt = 0;
  for (;;) {
    try {
      await readStream(stop, () => (attempt = 0));
    } catch {
      // Every cause is handled alike: wait, then resume from the last cursor.
    }
    if (stop.aborted) return;
    attempt += 1;
    const since = connection.kind === "trouble" ? connection.since : Date.now();
    become({ kind: "trouble", since, attempt });
    await wakeable(retryDelayMs(attempt, Math.random()), stop);
  }
}

async function readStream(stop: AbortSignal, onOpen: () => void): Promise<void> {
  const silence = new AbortController();
  let silenceTimer = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
  const heard = () => {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
  };
  try {
    const resumed = cursor;
    const response = await fetch("/api/v1/events/stream", {
      headers: {
        accept: "text/event-stream",
        ...(resumed === undefined ? {} : { "last-event-id": resumed }),
      },
      credentials: "same-origin",
      signal: AbortSignal.any([stop, silence.signal]),
    });
    if (response.status === 401) {
      reportSessionLost();
      throw new Error("session lost");
    }
    if (response.status === 400 || response.status === 410 || response.status === 422) {
      // Nothing that was seen before need be there any more: the stream begins anew, and all is read again.
      forget();
    }
    if (!response.ok || !response.body) throw new Error(`stream refused with ${response.status}`);

    if (resumed === undefined) {
      cursor = response.headers.get("x-agentiq-cursor") ?? undefined;
      notePosition(cursor);
    }
    const wasTrouble = connection.kind === "trouble";
    onOpen();
    let caughtUp = 0;
    become({ kind: "open", caughtUp });
    // Without a cursor the stream starts from now: what happened before must be read.
    if (resumed === undefined) for (const listener of gapListeners) listener();

    const parse = messageParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    const openedAt = Date.now();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      for (const message of parse(decoder.decode(value, { stream: true }))) {
        if (message.id) cursor = message.id;
        take(JSON.parse(message.data) as CloudEvent);
        if (wasTrouble && Date.now() - openedAt < 2_000) become({ kind: "open", caughtUp: ++caughtUp });
      }
    }
  } finally {
    clearTimeout(silenceTimer);
  }
}

function take(event: CloudEvent): void {
  batch.push(event);
  flushTimer ??= setTimeout(() => {
    const events = batch;
    batch = [];
    flushTimer = undefined;
    notePosition(cursor);
    for (const listener of batchListeners) listener(events);
  }, BATCH_MS);
}

function become(next: Connection): void {
  connection = next;
  for (const listener of stateListeners) listener();
}

/** Waits, but not longer than until the network returns. */
function wakeable(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      stop.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    window.addEventListener("online", done);
    stop.addEventListener("abort", done);
  });
}
