/** Who wrote a reply, as the console calls them. */
import type { Reply } from "@/lib/api/types";

/** "Вы", "Оператор", or that the answer came from elsewhere. */
export function authorOf(reply: Reply, userId: string): string {
  if (reply.kind === "observed") return "Магазин, вне AgentIQ";
  return reply.requested_by?.includes(userId) ? "Вы" : "Оператор";
}
