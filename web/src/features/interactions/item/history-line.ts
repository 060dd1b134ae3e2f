/** The line of history: when the reply was sent, published and edited. */
import type { Reply } from "@/lib/api/types";
import { exactTime } from "@/lib/format/time";

/** "Ответ отправлен 15.02.2026 14:30, отредактирован 16.02.2026 10:15"; empty while nothing was sent. */
export function historyLine(versions: readonly Reply[]): string {
  const lines: string[] = [];
  const parts: string[] = [];
  for (const version of versions) {
    const at = version.sent_at ?? (version.state === "published" ? version.published_at : null);
    if (!at) continue;
    if (version.kind === "rejection") {
      lines.push(`Вопрос отклонён ${exactTime(at)}`);
      continue;
    }
    if (version.kind === "observed") parts.push(`дан вне AgentIQ ${exactTime(at)}`);
    else parts.push(`${version.kind === "edit" ? "отредактирован" : "отправлен"} ${exactTime(at)}`);
    if (version.state === "rejected") parts.push("отклонён модерацией");
    if (version.state === "failed") parts.push("не опубликован");
  }
  if (parts.length > 0) lines.push(`Ответ ${parts.join(", ")}`);
  return lines.join(". ");
}
