import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { LogStanding } from "@/lib/api/types";
import { ago, checkResult, concerns, lagWords, SECTIONS, sealedTitle, signedTitle } from "./log-words";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const minutesAgo = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();

const WELL: LogStanding = {
  events: 7,
  first_event_at: minutesAgo(90),
  last_event_at: minutesAgo(1),
  log: 12,
  position: 40,
  unsealed: 0,
  unsealed_since: null,
  unsigned: 2,
  unsigned_since: minutesAgo(3),
  sealed: { position: 40, at: minutesAgo(1) },
  signed: { position: 38, at: minutesAgo(4), public_key: "ab" },
  signatures: { file: "agrees", last_signed_at: minutesAgo(4) },
  checks: [{ check: "chain", at: minutesAgo(60), sound: true, faults: 0, places: [] }],
  audits: [{ model: "inbox", at: minutesAgo(600), sound: true, differences: 0 }],
  parked: [],
  read_models: [{ model: "inbox", position: 40, lag_seconds: 0 }],
  erasures: { done: 1, open: 0, last_at: minutesAgo(50) },
  default_partition_in_use: false,
};

const titles = (more: Partial<LogStanding>) => concerns({ ...WELL, ...more }, NOW).map(({ title }) => title);

test("a log that is well gives nothing to worry about, also where its signatures lie elsewhere", () => {
  expect(titles({})).toEqual([]);
  expect(titles({ signatures: { file: "absent", last_signed_at: null } })).toEqual([]);
  expect(titles({ unsealed: 3, unsealed_since: minutesAgo(1) })).toEqual([]);
});

test("each thing that is wrong is told", () => {
  const place = { kind: "event_altered", position: 1234, last_position: 1234 };
  const fault = { check: "chain", at: minutesAgo(1), sound: false, faults: 2, places: [place] };
  expect(titles({ checks: [fault] })).toEqual([
    "События и их печати: 2 нарушения: событие изменено, место 1\u00a0234",
  ]);
  expect(titles({ signatures: { file: "differs", last_signed_at: null } })).toHaveLength(1);
  expect(titles({ signatures: { file: "unreadable", last_signed_at: null } })).toHaveLength(1);
  expect(titles({ unsealed: 1, unsealed_since: minutesAgo(6) })).toEqual(["События давно не запечатываются"]);
  expect(titles({ unsigned_since: minutesAgo(31) })).toEqual(["Журнал давно не подписывался"]);
  expect(titles({ audits: [{ model: "inbox", at: minutesAgo(1), sound: false, differences: 5 }] })).toEqual([
    "Очередь обращений: расходится с журналом: 5 строк",
  ]);
  const parked = {
    model: "inbox",
    stream_id: "1",
    stream_type: "interaction",
    since: minutesAgo(1),
    retried: true,
  };
  expect(titles({ parked: [parked] })).toEqual(["1 запись показана не полностью"]);
  expect(titles({ read_models: [{ model: "inbox", position: 1, lag_seconds: 31 }] })).toEqual([
    "Показанное отстаёт от журнала",
  ]);
  expect(titles({ default_partition_in_use: true })).toHaveLength(1);
});

test("what is broken comes before what is late", () => {
  const found = concerns(
    { ...WELL, unsealed_since: minutesAgo(9), signatures: { file: "differs", last_signed_at: null } },
    NOW,
  );
  expect(found.map(({ tone }) => tone)).toEqual(["bad", "warn"]);
});

test("every paragraph that is named for the administrator is there", () => {
  const page = readFileSync(new URL("../../../../docs/operations.md", import.meta.url), "utf8");
  for (const section of Object.values(SECTIONS)) {
    expect(page.replaceAll("`", "")).toContain(`\n**${section}.**`);
  }
});

test("faults in other sellers' logs are counted and not placed", () => {
  const found = { check: "chain", at: minutesAgo(1), sound: false, faults: 1, places: [] };
  expect(checkResult(found)).toBe("1 нарушение, не в вашем журнале");
  const file = { kind: "heads_altered", position: 0, last_position: 0 };
  expect(checkResult({ ...found, check: "heads", places: [file] })).toBe(
    "1 нарушение: файл подписей изменён",
  );
  const later = { kind: "of_a_later_program", position: 5, last_position: 5 };
  expect(checkResult({ ...found, places: [later] })).toBe("1 нарушение: of_a_later_program, место 5");
  expect(checkResult({ ...found, sound: true, faults: 0 })).toBe("нарушений нет");
});

test("what is sealed and signed, in one line", () => {
  expect(signedTitle(WELL)).toBe("Подписано 5 событий из 7, остальные ждут следующей подписи");
  expect(signedTitle({ ...WELL, unsigned: 0 })).toBe("Подписано всё: 7 событий");
  expect(signedTitle({ ...WELL, unsigned: 7 })).toBe("Ждут первой подписи: 7 событий");
  expect(signedTitle({ ...WELL, events: 0, unsigned: 0 })).toBe("Событий пока нет");
  expect(sealedTitle(WELL)).toBe("Запечатано всё");
  expect(sealedTitle({ ...WELL, unsealed: 2 })).toBe("Ждут печати: 2 события");
});

test("ages and lags", () => {
  expect([0, 5, 3 * 60, 30 * 60].map((minutes) => ago(minutesAgo(minutes), NOW))).toEqual([
    "только что",
    "5 мин назад",
    "3 ч назад",
    "вчера",
  ]);
  expect([0.4, 12.3, 150].map(lagWords)).toEqual(["без отставания", "отстаёт на 12 с", "отстаёт на 3 мин"]);
});
