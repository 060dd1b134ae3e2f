/** The words for every state of a reply. */
import { expect, test } from "vitest";
import type { Channel, Reply, ReplyState } from "@/lib/api/types";
import { doubtWords, mayStand, replyWords } from "./reply-state";

const NOW = new Date(2026, 10, 21, 14, 5).getTime();
const at = (hours: number, minutes: number) => new Date(2026, 10, 21, hours, minutes).toISOString();

function reply(state: ReplyState, more: Partial<Reply> = {}): Reply {
  return {
    state,
    kind: "answer",
    attempts: 1,
    published_at: null,
    failure: null,
    in_doubt: false,
    ...more,
  } as Reply;
}
const title = (each: Reply) => replyWords(each, "WB", NOW).title;
const because = (message: string, retry_at: string | null = null) => ({
  code: "x",
  message,
  marketplace_text: null,
  retry_at,
});

test("what is held says when it goes out, and what was taken back why", () => {
  expect(title(reply("held", { held_until: at(15, 30) }))).toBe("Отложено · уйдёт 15:30");
  const byPerson = { ...because("Отправку отменили."), code: "by_person" };
  expect(title(reply("cancelled", { failure: byPerson }))).toBe("Отправка отменена");
  expect(title(reply("cancelled", { failure: because("Площадка закрыла этот чат.") }))).toBe(
    "Не отправлено: площадка закрыла этот чат.",
  );
});

test("what waits for sending to be resumed says so, and who ends it", () => {
  const own = replyWords(reply("sending", { stopped_by: "seller" }), "WB", NOW);
  expect(own.title).toBe("Отправка остановлена: уйдёт после возобновления");
  expect(own.look).toBe("held");
  expect(own.details.join(" ")).toContain("Возобновить отправку можно");
  const held = reply("held", { stopped_by: "installation", held_until: at(15, 30) });
  expect(replyWords(held, "WB", NOW).details).toEqual([
    "Отложено · уйдёт 15:30, не раньше.",
    "Ничего не потеряется. Отправку остановил и возобновит администратор AgentIQ.",
  ]);
  expect(title(reply("sending", { kind: "rejection", stopped_by: "seller" }))).toMatch(/отклоним вопрос/);
});

test("each state has its words", () => {
  expect(title(reply("sending"))).toBe("Отправка...");
  expect(title(reply("sent"))).toBe("Отправлено");
  expect(title(reply("published", { published_at: at(14, 3) }))).toBe("Отправлено · опубликовано 14:03");
  expect(title(reply("unknown"))).toBe("Не знаем, дошло ли. Проверяем у WB");
  expect(title(reply("failed", { failure: because("Площадка недоступна") }))).toBe(
    "Ошибка: площадка недоступна",
  );
  expect(title(reply("rejected", { failure: because("WB отклонил: ссылки") }))).toBe(
    "Заблокировано: WB отклонил: ссылки",
  );
});

test("a rejection is never called an answer", () => {
  const states: ReplyState[] = ["sending", "sent", "published", "failed", "rejected", "unknown"];
  for (const state of states) {
    const words = replyWords(
      reply(state, { kind: "rejection", failure: because("Площадка недоступна") }),
      "WB",
      NOW,
    );
    expect(words.title.toLowerCase()).toMatch(/отклон/);
    expect([words.title, ...words.details].join(" ")).not.toMatch(/Отправлено|принял ответ/);
  }
  const unseen = { ...because("Не показала"), code: "not_published" };
  expect(mayStand(reply("failed", { kind: "rejection", failure: unseen, in_doubt: true }))).toBe(false);
});

test("an accepted answer whose buyer was erased promises no confirmation", () => {
  const details = (each: Reply) => replyWords(each, "WB", NOW).details.join(" ");
  const unfollowed = "Подтверждение больше не отслеживается: данные покупателя удалены.";
  expect(details(reply("sent"))).toContain("появится «опубликовано»");
  expect(details(reply("sent", { unfollowed }))).toBe(unfollowed);
});

test("an automatic repeat says which attempt it is and when the next is due", () => {
  const { details } = replyWords(
    reply("sending", { attempts: 2, failure: because("WB не ответил", at(14, 32)) }),
    "WB",
    NOW,
  );
  expect(details).toEqual(["Попытка 2: WB не ответил. Следующая попытка 14:32."]);
});

test("an accepted answer that was never seen explains why a person must decide and how", () => {
  const lost = reply("failed", {
    failure: { ...because("Площадка не показала ответ."), code: "not_published" },
    in_doubt: true,
  });
  expect(replyWords(lost, "WB", NOW).details.join(" ")).toContain("в кабинете WB");
  expect(mayStand(lost)).toBe(true);
  expect(mayStand(reply("failed", { failure: because("Площадка не отвечает.") }))).toBe(false);
});

test("what is asked of a person is asked in the words of its place", () => {
  const asked = (channel: Channel, more: Partial<Reply> = {}) =>
    Object.values(doubtWords(reply("failed", { in_doubt: true, ...more }), "WB", channel)).join(" ");
  expect(asked("review")).toContain("Ответ дошёл — отметить отправленным");
  expect(asked("chat")).not.toMatch(/ответ/i);
  expect(asked("question", { kind: "rejection" })).toContain("Не отклонён — отклонить снова");
});

test("a failure says what mends it", () => {
  const details = (code: string) =>
    replyWords(reply("failed", { failure: { ...because("Не вышло."), code } }), "Ozon", NOW).details.join(
      " ",
    );
  expect(details("unauthorized")).toContain("Замените ключ");
  expect(details("closed_by_plan")).toContain("в кабинете Ozon");
  expect(details("closed_by_plan")).not.toContain("Замените ключ");
  expect(details("answered_elsewhere")).toBe("");
});

test("a reply in a chat is a message, and is delivered rather than published", () => {
  const said = (each: Reply) => {
    const { title, details } = replyWords(each, "Ozon", NOW, "chat");
    return [title, ...details].join(" ");
  };
  expect(said(reply("sent"))).toContain("Ozon принял сообщение");
  expect(said(reply("published", { published_at: at(14, 3) }))).toBe("Отправлено · доставлено 14:03");
  expect(said(reply("unknown"))).toContain("не получил сообщение дважды");
  expect(said(reply("rejected"))).toContain("это сообщение не увидит");
  const lost = reply("failed", {
    failure: { ...because("Площадка молчит."), code: "not_published" },
    in_doubt: true,
  });
  expect(said(lost)).toContain("Посмотрите чат в кабинете Ozon: если сообщения там нет");
  for (const state of ["sending", "sent", "published", "unknown", "rejected"] as const)
    expect(said(reply(state))).not.toMatch(/ответ|отзыв|опубликовано/i);
});
