/** The seller's own lists while somebody edits them. */
import type { Channel, Guardrails, GuardrailsChange, ListedPhrase, Severity } from "@/lib/api/types";

export const CHANNELS: readonly { value: Channel; label: string }[] = [
  { value: "review", label: "Отзывы" },
  { value: "question", label: "Вопросы" },
  { value: "chat", label: "Чаты" },
];

export const SEVERITIES: readonly { value: Severity; label: string }[] = [
  { value: "error", label: "Не отправлять" },
  { value: "warning", label: "Предупреждать" },
];

/** A phrase in the form; its key stays with it while others come and go. */
export interface Entry {
  key: number;
  text: string;
  severity: Severity;
  channels: readonly Channel[];
  instead: string;
}

export interface Exception {
  key: number;
  text: string;
}

export interface Lists {
  entries: readonly Entry[];
  exceptions: readonly Exception[];
  /** The key that the next new line gets. */
  nextKey: number;
}

const EVERYWHERE = CHANNELS.map(({ value }) => value);

/** The form of what is saved. */
export function edited({ phrases, exceptions }: Pick<Guardrails, "phrases" | "exceptions">): Lists {
  const entry = (phrase: ListedPhrase, key: number): Entry => ({
    key,
    text: phrase.text,
    severity: phrase.severity,
    channels: phrase.channels?.length ? phrase.channels : EVERYWHERE,
    instead: phrase.instead ?? "",
  });
  return {
    entries: phrases.map(entry),
    exceptions: exceptions.map((text, at) => ({ key: phrases.length + at, text })),
    nextKey: phrases.length + exceptions.length,
  };
}

/** What the form asks for. A phrase that holds in all channels names none, so that it will hold in new ones, too. */
export function asked({ entries, exceptions }: Lists): Omit<GuardrailsChange, "replaces"> {
  return {
    phrases: entries.map(({ text, severity, channels, instead }) => ({
      text: text.trim(),
      severity,
      channels: EVERYWHERE.every((one) => channels.includes(one)) ? [] : [...channels],
      instead: instead.trim() === "" ? null : instead.trim(),
    })),
    exceptions: exceptions.map(({ text }) => text.trim()),
  };
}

/** Adds an empty phrase. */
export function withEntry(lists: Lists): Lists {
  const entry: Entry = {
    key: lists.nextKey,
    text: "",
    severity: "error",
    channels: EVERYWHERE,
    instead: "",
  };
  return { ...lists, entries: [...lists.entries, entry], nextKey: lists.nextKey + 1 };
}

/** Adds an empty exception. */
export function withException(lists: Lists): Lists {
  const exception = { key: lists.nextKey, text: "" };
  return { ...lists, exceptions: [...lists.exceptions, exception], nextKey: lists.nextKey + 1 };
}

/** What keeps the lists from being saved before the server is asked; none when nothing does. */
export function obstacle({ entries, exceptions }: Lists): string | null {
  if ([...entries, ...exceptions].some(({ text }) => text.trim() === "")) {
    return "Заполните или уберите пустые строки.";
  }
  if (entries.some(({ channels }) => channels.length === 0)) {
    return "Выберите для каждой фразы хотя бы один канал.";
  }
  return null;
}
