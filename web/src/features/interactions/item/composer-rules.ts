/** When a text may be sent, and why not. */
import type { Interaction } from "@/lib/api/types";
import type { Purpose } from "@/features/interactions/unsent";
import { characters, counted, type Forms } from "@/lib/format/count";

const REMARKS: Forms = ["замечание", "замечания", "замечаний"];
const SYMBOLS: Forms = ["символ", "символа", "символов"];

export interface Verdict {
  /** What keeps the text from being sent; empty while nothing has been typed. */
  reason: string | undefined;
  /** It is the text that keeps it, and not that nothing can be sent now. */
  isInvalid: boolean;
  canSend: boolean;
  length: number;
}

/**
 * Judges the text in the editor. `refused` is a text the marketplace or a rule has turned down; `barred` is why nothing
 * can be sent now, however the text reads; with `files` no words are needed; `stops` is how many things in it a rule stops.
 */
export function judge(
  text: string,
  purpose: Purpose,
  limits: Interaction["limits"],
  published: string | undefined,
  refused: string | undefined,
  barred?: string,
  files = 0,
  stops = 0,
): Verdict {
  const trimmed = text.trim();
  const length = characters(trimmed);
  const no = (reason: string | undefined): Verdict => ({
    reason,
    isInvalid: reason !== undefined,
    canSend: false,
    length,
  });
  if (barred !== undefined) return { reason: barred, isInvalid: false, canSend: false, length };
  if (length === 0 && files > 0) return { reason: undefined, isInvalid: false, canSend: true, length };
  if (length === 0) return no(undefined);
  if (length < limits.min_chars)
    return no(`Не короче ${counted(limits.min_chars, ["символа", "символов", "символов"])}`);
  if (length > limits.max_chars) return no(`Сократите на ${counted(length - limits.max_chars, SYMBOLS)}`);
  if (purpose === "edit" && trimmed === published?.trim()) return no("Текст не изменён");
  if (refused !== undefined && trimmed === refused.trim())
    return no("Исправьте текст: в этом виде он заблокирован");
  if (stops > 0) return no(`Исправьте отмеченное: ${counted(stops, REMARKS)}`);
  return { reason: undefined, isInvalid: false, canSend: true, length };
}
