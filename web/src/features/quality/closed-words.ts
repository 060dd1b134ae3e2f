/** What became known of a week after it was closed, in words. */
import type { ChangedInteraction, ClosedWeek, QualityMetric, ReplyFigures } from "@/lib/api/types";
import { counted, grouped } from "@/lib/format/count";
import { lasting } from "@/lib/format/time";
import { METRIC } from "./metric-words";

/** A number that is told otherwise now. */
export interface Moved {
  name: string;
  then: string;
  now: string;
}

/** The counts that are told of a closed week, in the order in which they are told. */
const COUNTS: readonly [QualityMetric, (figures: ReplyFigures) => number][] = [
  ["answered", ({ answered }) => answered],
  ["answered_here", ({ answered_here }) => answered_here],
  ["answered_elsewhere", ({ answered_elsewhere }) => answered_elsewhere],
  ["sla_met", ({ sla_met }) => sla_met.count],
  ["sla_missed", ({ sla_missed }) => sla_missed.count],
  ["accepted", ({ accepted }) => accepted.count],
  ["edited", ({ edited }) => edited.count],
  ["manual", ({ manual }) => manual.count],
  ["automatic", ({ automatic }) => automatic.count],
  ["refused", ({ refused }) => refused],
  ["failed", ({ failed }) => failed],
  ["in_doubt", ({ in_doubt }) => in_doubt],
];

const TIMES: readonly [string, "p50" | "p90"][] = [
  ["Первый ответ у половины", "p50"],
  ["Первый ответ у девяти из десяти", "p90"],
];

/** The numbers that are not what they were. */
export function moved({ then, now }: ClosedWeek): Moved[] {
  const counts = COUNTS.map(([metric, of]) => ({
    name: METRIC[metric],
    then: grouped(of(then)),
    now: grouped(of(now)),
  }));
  const time = (seconds: number | null) => (seconds === null ? "—" : lasting(seconds * 1000));
  const times = TIMES.map(([name, part]) => ({
    name,
    then: time(then.first_answer_seconds[part]),
    now: time(now.first_answer_seconds[part]),
  }));
  return [...counts, ...times].filter((number) => number.then !== number.now);
}

/** Why an interaction is counted otherwise. */
export function reason({ gained, lost, read_later, measured_otherwise }: ChangedInteraction): string {
  if (read_later) return "прочитано у площадки уже после закрытия";
  if (gained.includes("refused")) return "модерация отклонила ответ";
  if (lost.includes("answered")) return "ответ больше не стоит у площадки";
  if (gained.includes("answered")) return "стало известно об ответе";
  if (gained.includes("in_doubt")) return "не удалось узнать, дошёл ли ответ";
  if (gained.includes("failed")) return "отправка не удалась";
  if (gained.length + lost.length === 0 && measured_otherwise) return "уточнилось время или правка";
  return "уточнилось, что это был за ответ";
}

/** "+ Отвечено, − Не успели в срок": the metrics that count it now, and those that do not any more. */
export function metricsLine({ gained, lost }: ChangedInteraction): string {
  const named = (sign: string, names: readonly string[]) =>
    names.flatMap((name) => (name in METRIC ? [`${sign} ${METRIC[name as QualityMetric]}`] : []));
  return [...named("+", gained), ...named("−", lost)].join(", ");
}

/** "изменилось 3 обращения". */
export function changedWords(count: number): string {
  return counted(count, [
    "обращение считается иначе",
    "обращения считаются иначе",
    "обращений считаются иначе",
  ]);
}
