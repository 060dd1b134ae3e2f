/** What a line of the explanation changed, and how much is left out before it. */
import type { WhyLine } from "@/lib/api/types";
import { counted } from "@/lib/format/count";
import { REPLY_STATE, STATUS } from "@/lib/words";

/** The state since a line: the reply's where that says more, none where nothing changed. */
export function newState(line: Pick<WhyLine, "status" | "reply_state">): string | undefined {
  if (line.reply_state) return REPLY_STATE[line.reply_state];
  return line.status ? STATUS[line.status] : undefined;
}

/** "Раньше было ещё 3 события…" */
export function leftOutWords(count: number): string {
  const events = counted(count, ["событие", "события", "событий"]);
  return `Раньше было ещё ${events}; к нынешнему состоянию они не ведут, все — в журнале.`;
}
