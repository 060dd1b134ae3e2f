/** Words for a screen reader that no focused element carries: counts that changed, what became of a send. */

type Listener = (text: string) => void;
const listeners = new Set<Listener>();

/** Says `text` politely. */
export function announce(text: string): void {
  for (const listener of listeners) listener(text);
}

/** Calls `listener` with each announcement. */
export function onAnnouncement(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
