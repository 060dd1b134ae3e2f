/** Comparisons of models in words. */
import type {
  Comparison,
  ComparisonDraft,
  ComparisonFigures,
  ComparisonOutcome,
  ComparisonState,
} from "@/lib/api/types";
import { counted, grouped } from "@/lib/format/count";

/** Money in the API is in millionths of a dollar. */
const MICRO = 1_000_000;

/** All there are: a draft costs less than a cent. */
const FRACTION_DIGITS = 6;

const SECOND_MS = 1_000;

/** After «из». */
const DRAFTS = ["черновика", "черновиков", "черновиков"] as const;

export const STATE: Record<ComparisonState, string> = {
  wanted: "ждёт очереди",
  running: "идёт",
  done: "готово",
  out_of_budget: "бюджет исчерпан",
  stopped: "остановлено",
  failed: "прервано",
};

const OUTCOME: Record<Exclude<ComparisonOutcome, "written">, string> = {
  unfit: "остановлен правилами",
  unreadable: "ответ модели не читается",
  declined: "модель отказалась",
  no_answer: "модель не ответила",
  interrupted: "запрос прервался, второй раз за него не платят",
  left_out: "не вошёл",
};

const LEFT_OUT: Record<string, string> = {
  unreadable: "записи не читаются",
  no_origin: "не записано, из чего он сделан",
  erased: "данные покупателя стёрты",
  wishes: "настройки черновиков того дня не читаются",
  reading: "знания или прошлые ответы того дня не найти",
};

const FAILURE: Record<string, string> = {
  no_price: "Цена этой модели не задана. Её задаёт тот, кто ведёт установку.",
  out_of_money: "У поставщика модели закончились деньги. Пополните счёт и начните сравнение заново.",
  bad_key: "Поставщик модели не принимает ключ. Проверьте ключ и начните сравнение заново.",
  bad_request: "Поставщик не знает такой модели или отказался от запроса. Проверьте название модели.",
};

/** A sum of money in dollars. */
export function dollars(microUsd: number): string {
  return `${(microUsd / MICRO).toLocaleString("ru-RU", { maximumFractionDigits: FRACTION_DIGITS })} $`;
}

/** What is typed as dollars, in millionths; what is no number is none. */
export function microUsd(typed: string): number | undefined {
  const number = Number(typed.trim().replace(",", "."));
  return typed.trim() === "" || !Number.isFinite(number) ? undefined : Math.round(number * MICRO);
}

/** A share of changed characters. */
export function share(perMille: number): string {
  return `${(perMille / 10).toLocaleString("ru-RU", { maximumFractionDigits: 1 })} %`;
}

/** How long a model took. */
export function seconds(ms: number): string {
  return `${(ms / SECOND_MS).toLocaleString("ru-RU", { maximumFractionDigits: 1 })} с`;
}

export function leftOutWord(reason: string): string {
  return LEFT_OUT[reason] ?? reason;
}

/** How far it has come. */
export function progressOf({ state, drafts, looked_at }: Comparison): string {
  if (state === "wanted") return STATE.wanted;
  return `${STATE[state]}: ${grouped(looked_at)} из ${counted(drafts, DRAFTS)}`;
}

/** Why it broke off; nothing where it did not. */
export function failureOf({ failure }: Comparison): string | undefined {
  return failure === null ? undefined : (FAILURE[failure] ?? "Сравнение прервалось. Начните его заново.");
}

/** How far both texts of a draft are from what people sent. */
export function draftLine(draft: ComparisonDraft): string {
  const before = `было изменено ${share(draft.changed_before_per_mille)}`;
  const { outcome, reason, changed_per_mille: changed } = draft;
  if (outcome === null) return `${before}; ещё не пересчитан`;
  if (outcome === "written") return `${before}; в пересчёте — ${share(changed ?? 0)}`;
  return `${before}; ${OUTCOME[outcome]}${reason === null ? "" : `: ${leftOutWord(reason)}`}`;
}

interface Line {
  name: string;
  before: string;
  again: string;
}

/** Both columns of the table, line by line. */
export function linesOf(before: ComparisonFigures, again: ComparisonFigures): Line[] {
  const line = (name: string, told: (figures: ComparisonFigures) => string) => ({
    name,
    before: told(before),
    again: told(again),
  });
  const orDash = <T>(value: T | null, told: (value: T) => string) => (value === null ? "—" : told(value));
  return [
    line("Черновиков", (of) => grouped(of.drafts)),
    line("Совпали с отправленным", (of) => grouped(of.accepted)),
    line("Правка до 25 %", (of) => grouped(of.slight)),
    line("Правка до 50 %", (of) => grouped(of.edited)),
    line("Отправили другой текст", (of) => grouped(of.manual)),
    line("Остановлены правилами", (of) => grouped(of.unfit)),
    line("Ответ модели не читается", (of) => grouped(of.unreadable)),
    line("Модель отказалась", (of) => grouped(of.declined)),
    line("Правка в среднем", (of) => orDash(of.changed_mean_per_mille, share)),
    line("Стоили", (of) => (of.priced === 0 ? "—" : dollars(of.cost_micro_usd))),
    line("На черновик", (of) => (of.priced === 0 ? "—" : dollars(Math.round(of.cost_micro_usd / of.priced)))),
    line("Времени у половины, до", (of) => orDash(of.duration_p50_ms, seconds)),
    line("У девяти из десяти, до", (of) => orDash(of.duration_p90_ms, seconds)),
  ];
}
