/** Alerts in words. */
import { expect, test } from "vitest";
import { alertCount, alertReasons } from "./alerts";
import type { Alert } from "./api/types";

const alert = (kind: Alert["kind"], count: number): Alert => ({
  kind,
  severity: "warning",
  count,
  causes: [
    { code: "ozon", message: "Ozon.", count: 2 },
    { code: "wildberries", message: "Wildberries.", count: 1 },
  ],
  raised_at: "2026-11-23T10:00:00Z",
  ended_at: null,
  acknowledged_at: null,
  acknowledged_by: null,
});

test("each kind of alert counts what it is about", () => {
  expect(alertCount(alert("failed_replies", 4))).toBe("4 ответа не ушли");
  expect(alertCount(alert("accept_rate_low", 21))).toBe("21 черновик не подошёл");
  expect(alertCount(alert("access_lost", 1))).toBe("1 кабинет отключён");
  expect(alertCount(alert("reading_behind", 2))).toBe("2 раздела не читаются");
  expect(alertCount(alert("items_unread", 5))).toBe("5 обращений не прочитаны");
  expect(alertCount(alert("marketplace_changed", 2))).toBe("2 перемены у площадок");
  expect(alertCount(alert("model_ending", 1))).toBe("Языковая модель отключается");
  expect(alertCount(alert("read_models_behind", 3))).toBe("Консоль отстаёт от событий");
});

test("reasons are told with how often each was one", () => {
  expect(alertReasons(alert("items_unread", 3))).toBe("Ozon — 2; Wildberries — 1.");
});
