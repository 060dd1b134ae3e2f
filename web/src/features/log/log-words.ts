/** What vouches for the events, in words for an owner. */
import type { Tone } from "@/components/Note";
import type { LogStanding } from "@/lib/api/types";
import { counted, grouped, type Forms } from "@/lib/format/count";
import { relativeTime } from "@/lib/format/time";

const EVENTS: Forms = ["событие", "события", "событий"];
const FAULTS: Forms = ["нарушение", "нарушения", "нарушений"];
const ROWS: Forms = ["строка", "строки", "строк"];
const PARKED: Forms = [
  "запись показана не полностью",
  "записи показаны не полностью",
  "записей показаны не полностью",
];

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Seals follow within a second, readiness complains after this too. */
const UNSEALED_MAX_MS = 5 * MINUTE_MS;
/** Heads are signed every five minutes, unless the administrator has chosen otherwise. */
const UNSIGNED_MAX_MS = 30 * MINUTE_MS;
const LAG_MAX_SECONDS = 30;

const MODEL: Readonly<Record<string, string>> = {
  inbox: "Очередь обращений",
  thread: "Карточка обращения",
  reply_history: "История ответов",
  accounts: "Кабинеты",
  claims: "Возвраты",
  metric: "Показатели ответов",
  effects: "Отправка на площадки",
};

const CHECK: Readonly<Record<string, string>> = {
  chain: "События и их печати",
  heads: "Печати и подписи",
  numbers: "Номера без пропусков",
  commands: "Действия целиком",
};

const FAULT: Readonly<Record<string, string>> = {
  event_altered: "событие изменено",
  event_missing: "события нет",
  event_added: "событие добавлено",
  event_id_foreign: "событие не от своего действия",
  seal_altered: "печать изменена",
  seal_missing: "печати нет",
  tail_cut: "конец журнала отрезан",
  rewritten: "история переписана",
  heads_altered: "файл подписей изменён",
  archive_damaged: "файл архива не читается",
  tenant_gap: "пропуск в номерах событий",
  stream_differs: "события обращения не сходятся",
  command_differs: "события действия не сходятся",
};

/** Paragraphs of docs/operations.md, for whoever looks after the server. */
export const SECTIONS = {
  fault: "agentiq verify finds a fault",
  heads: "The file of signed heads does not fit",
  unsealed: "The log is not sealed",
  partition: "Events lie outside their months",
  model: "A read model stands still or is wrong",
} as const;

/** Something that is not as it must be. */
export interface Concern {
  tone: Exclude<Tone, "good" | "info">;
  title: string;
  /** What it means and what the system does. */
  text: string;
  section: (typeof SECTIONS)[keyof typeof SECTIONS];
}

/** The name of what is shown from the events. */
export function modelName(model: string): string {
  return MODEL[model] ?? model;
}

/** The name of a check of the whole log. */
export function checkName(check: string): string {
  return CHECK[check] ?? modelName(check);
}

/** What a check found, in one line. */
export function checkResult({ sound, faults, places }: LogStanding["checks"][number]): string {
  if (sound) return "нарушений нет";
  if (faults === 0) return "показанное отличается от журнала";
  const first = places[0];
  const found = counted(faults, FAULTS);
  if (first === undefined) return `${found}, не в вашем журнале`;
  const what = FAULT[first.kind] ?? first.kind;
  return first.position === 0 ? `${found}: ${what}` : `${found}: ${what}, место ${grouped(first.position)}`;
}

/** What the nightly audit found, in one line. */
export function auditResult({ sound, differences }: LogStanding["audits"][number]): string {
  return sound ? "совпадает с журналом" : `расходится с журналом: ${counted(differences, ROWS)}`;
}

/** Whether all events are signed, in one line. */
export function signedTitle({ events, unsigned }: LogStanding): string {
  if (events === 0) return "Событий пока нет";
  const signed = events - unsigned;
  if (unsigned === 0) return `Подписано всё: ${counted(events, EVENTS)}`;
  return signed === 0
    ? `Ждут первой подписи: ${counted(events, EVENTS)}`
    : `Подписано ${counted(signed, EVENTS)} из ${grouped(events)}, остальные ждут следующей подписи`;
}

/** Whether all events are sealed, in one line. */
export function sealedTitle({ events, unsealed }: LogStanding): string {
  if (events === 0) return "Событий пока нет";
  if (unsealed === 0) return "Запечатано всё";
  return `Ждут печати: ${counted(unsealed, EVENTS)}`;
}

/** Where the file of signatures is, in one line. */
export function signaturesTitle({ file }: LogStanding["signatures"]): string {
  switch (file) {
    case "agrees":
      return "На месте и сходится с журналом";
    case "differs":
      return "Не сходится с журналом";
    case "unreadable":
      return "Есть, но не читается";
    default:
      return "На этом сервере его нет";
  }
}

/** "без отставания", "отстаёт на 5 с", "отстаёт на 2 мин" */
export function lagWords(seconds: number): string {
  if (seconds < 1) return "без отставания";
  return seconds < 60 ? `отстаёт на ${Math.round(seconds)} с` : `отстаёт на ${Math.round(seconds / 60)} мин`;
}

/** "только что", "5 мин назад", "вчера" */
export function ago(iso: string, now: number): string {
  const words = relativeTime(iso, now);
  return /(мин|ч|дн\.)$/.test(words) ? `${words} назад` : words;
}

/** Whether an event has waited for its seal for too long. */
export function isSealLate({ unsealed_since }: LogStanding, now: number): boolean {
  return unsealed_since !== null && now - Date.parse(unsealed_since) > UNSEALED_MAX_MS;
}

/** Whether an event has waited for a signature for too long. */
export function isSignatureLate({ unsigned_since }: LogStanding, now: number): boolean {
  return unsigned_since !== null && now - Date.parse(unsigned_since) > UNSIGNED_MAX_MS;
}

/** All that is not as it must be, the worst first. */
export function concerns(log: LogStanding, now: number): Concern[] {
  const found: (Concern | false)[] = [
    ...log.checks.map((check) => !check.sound && checkConcern(check)),
    log.signatures.file === "differs" && {
      tone: "bad",
      title: "Файл подписей не сходится с журналом",
      text: "Записанное до последней подписи могло быть переписано или отрезано. После восстановления из копии так и должно быть.",
      section: SECTIONS.heads,
    },
    log.signatures.file === "unreadable" && {
      tone: "warn",
      title: "Файл подписей не читается",
      text: "Новые подписи могут не сохраняться. События записываются по-прежнему.",
      section: SECTIONS.heads,
    },
    isSealLate(log, now) && {
      tone: "warn",
      title: "События давно не запечатываются",
      text: "Они записаны, но их подмену до печати заметить нельзя.",
      section: SECTIONS.unsealed,
    },
    isSignatureLate(log, now) && {
      tone: "warn",
      title: "Журнал давно не подписывался",
      text: "События записаны, но доказательства для новых пока не получить.",
      section: SECTIONS.unsealed,
    },
    ...log.audits.map((audit) => !audit.sound && auditConcern(audit)),
    log.parked.length > 0 && {
      tone: "warn",
      title: counted(log.parked.length, PARKED),
      text: "Одно из событий не удалось применить. В журнале оно есть; на экране остаётся то, что было до него.",
      section: SECTIONS.model,
    },
    log.read_models.some((model) => model.lag_seconds > LAG_MAX_SECONDS) && {
      tone: "warn",
      title: "Показанное отстаёт от журнала",
      text: "Новые события записаны, но на экранах их ещё нет.",
      section: SECTIONS.model,
    },
    log.default_partition_in_use && {
      tone: "warn",
      title: "Журналу не подготовлено место на этот месяц",
      text: "События сохраняются в запасном разделе, ничего не теряется.",
      section: SECTIONS.partition,
    },
  ];
  const real = found.filter((each) => each !== false);
  return [...real.filter(({ tone }) => tone === "bad"), ...real.filter(({ tone }) => tone !== "bad")];
}

function checkConcern(check: LogStanding["checks"][number]): Concern {
  return {
    tone: "bad",
    title: `${checkName(check.check)}: ${checkResult(check)}`,
    text:
      check.faults === 0
        ? "Показанное на экранах отличается от записанного. Журнал при этом цел."
        : "Кто-то менял журнал в обход программы. Сохраните базу как есть и сравните с резервной копией.",
    section: check.faults === 0 ? SECTIONS.model : SECTIONS.fault,
  };
}

function auditConcern(audit: LogStanding["audits"][number]): Concern {
  return {
    tone: "bad",
    title: `${modelName(audit.model)}: ${auditResult(audit)}`,
    text: "Показанное на экранах отличается от записанного. Журнал при этом цел.",
    section: SECTIONS.model,
  };
}
