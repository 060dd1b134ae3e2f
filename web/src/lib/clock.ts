/** The present as a value components can depend on, so that relative times move. */
import { useSyncExternalStore } from "react";

/** Makes a hook that tells the time and renews it every so many milliseconds, while anybody looks. */
function clock(tickMs: number): () => number {
  let now = Date.now();
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  const tick = () => {
    now = Date.now();
    for (const each of listeners) each();
  };
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    // A clock that nobody has looked at for a while has stopped.
    if (timer === undefined) now = Date.now();
    timer ??= setInterval(tick, tickMs);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    };
  };
  return () => useSyncExternalStore(subscribe, () => now);
}

/** Milliseconds of the epoch, renewed twice a minute. */
export const useNow = clock(30_000);

/** The same, renewed every second: for what counts down before one's eyes. */
export const useSecond = clock(1_000);
