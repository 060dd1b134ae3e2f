/**
 * Texts an operator has begun and not sent. One per item and kind, kept in the tab: they survive moving between items,
 * a reload and a lost session, and nothing that arrives from the server writes to them.
 */
import { useSyncExternalStore } from "react";
import { sessionStore } from "@/lib/storage";
import type { KeptFile } from "./files";

export type Purpose = "answer" | "edit";

export interface Unsent {
  text: string;
  /** Files that go with it, which the server keeps for a day. */
  files?: KeptFile[] | undefined;
  /** The draft it grew from, which is named when it is sent. */
  draftId?: string | undefined;
  /** The reply and the buyer's text as they were when the operator began, to tell when they have changed since. */
  baseReplyId: string | null;
  baseRevisions: number;
  /** The buyer's last message of a chat as the operator began. */
  baseMessageId?: string | undefined;
}

const listeners = new Set<() => void>();
const known = new Map<string, Unsent | undefined>();
/** Grows with each change, so that lists can depend on all texts at once. */
let version = 0;

function name(user: string, purpose: Purpose, id: string): string {
  return `unsent.${user}.${purpose}.${id}`;
}

/** Puts a file to the text begun for an item, whatever became of the text meanwhile. */
export function keepFile(user: string, id: string, begun: Unsent, file: KeptFile): void {
  const now = unsentText(user, "answer", id) ?? { ...begun, text: "", files: [], draftId: undefined };
  keepUnsent(user, "answer", id, { ...now, files: [...(now.files ?? []), file] });
}

/** The text begun for an item, if any. */
export function unsentText(user: string, purpose: Purpose, id: string): Unsent | undefined {
  const key = name(user, purpose, id);
  if (!known.has(key)) known.set(key, sessionStore.read<Unsent>(key));
  return known.get(key);
}

/** Keeps a text, or forgets it. */
export function keepUnsent(user: string, purpose: Purpose, id: string, unsent: Unsent | undefined): void {
  const key = name(user, purpose, id);
  known.set(key, unsent);
  if (unsent === undefined) sessionStore.remove(key);
  else sessionStore.write(key, unsent);
  version += 1;
  for (const listener of listeners) listener();
}

/** Forgets every text, when the person signs out. */
export function forgetUnsent(): void {
  known.clear();
  sessionStore.removeAll("unsent.");
  version += 1;
  for (const listener of listeners) listener();
}

/** Whether this person has begun texts that are not sent. */
export function hasUnsent(user: string): boolean {
  return sessionStore.names(`unsent.${user}.`).length > 0;
}

/** The text begun for an item, followed as it changes. */
export function useUnsent(user: string, purpose: Purpose, id: string): Unsent | undefined {
  return useSyncExternalStore(subscribe, () => unsentText(user, purpose, id));
}

/** Changes whenever any unsent text does. */
export function useUnsentVersion(): number {
  return useSyncExternalStore(subscribe, () => version);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
