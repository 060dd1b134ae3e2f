/** Who wrote a reply, as the console calls them. */
import type { Reply } from "@/lib/api/types";

/** "Вы", "Оператор", or that no person sent it, or none here. */
export function authorOf(reply: Reply, userId: string): string {
  if (reply.kind === "observed") return "Магазин, вне AgentIQ";
  if (reply.automatic) return "Автоматически";
  return reply.requested_by?.includes(userId) ? "Вы" : "Оператор";
}
