/** What is said about items that could not be read. */
import type { Retried } from "@/lib/api/types";
import { counted, type Forms } from "@/lib/format/count";

const ITEMS: Forms = ["запись", "записи", "записей"];

export function unreadWords(count: number): string {
  return `Не удалось прочитать ${counted(count, ITEMS)}`;
}

export function retriedWords({ read, unread }: Retried): string {
  if (read === 0) return "Прочитать по-прежнему не удаётся.";
  const done = `Удалось прочитать ${counted(read, ITEMS)}`;
  return unread === 0 ? `${done}.` : `${done}, не удалось ${counted(unread, ITEMS)}.`;
}

export function expiredWords(expired: number): string {
  return `Ещё ${counted(expired, ITEMS)} больше не храним: их было слишком много или они слишком стары.`;
}
