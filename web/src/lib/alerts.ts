/** Alerts in words. */
import type { Alert } from "@/lib/api/types";
import { counted } from "@/lib/format/count";

/** "4 ответа не ушли": how many of what an alert is about. */
export function alertCount({ kind, count }: Alert): string {
  switch (kind) {
    case "failed_replies":
      return counted(count, ["ответ не ушёл", "ответа не ушли", "ответов не ушли"]);
    case "accept_rate_low":
      return counted(count, ["черновик не подошёл", "черновика не подошли", "черновиков не подошли"]);
    case "access_lost":
      return counted(count, ["кабинет отключён", "кабинета отключены", "кабинетов отключены"]);
    case "reading_behind":
      return counted(count, ["раздел не читается", "раздела не читаются", "разделов не читаются"]);
    case "items_unread":
      return counted(count, ["обращение не прочитано", "обращения не прочитаны", "обращений не прочитаны"]);
    case "marketplace_changed":
      return counted(count, ["перемена у площадок", "перемены у площадок", "перемен у площадок"]);
    case "model_ending":
      return "Языковая модель отключается";
    case "read_models_behind":
      return "Консоль отстаёт от событий";
  }
}

/** "площадка не отвечает — 4; … — 2." */
export function alertReasons({ causes }: Alert): string {
  return causes.map(({ count, message }) => `${message.replace(/\.$/, "")} — ${count}`).join("; ") + ".";
}
