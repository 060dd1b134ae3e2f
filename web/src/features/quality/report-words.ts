/** The numbers that a weekly report begins with, each beside that of the week before, in words. */
import type { Complaints, Days, QualityMetric, ReplyFigures } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";
import { lasting } from "@/lib/format/time";
import { percent } from "@/lib/lineage";
import { complaintsAddress, share } from "./complaint-words";
import { measuredAddress, METRIC } from "./metric-words";

/** What is measured, and hence how it is written. */
export type Measure = "count" | "percent" | "seconds";

/** Of which it is good that there is more; nothing of what is neither good nor bad. */
type Wanted = "more" | "less" | "nothing";

/** A value and that of the week before; none where nothing was measured. */
interface Compared {
  measure: Measure;
  wanted: Wanted;
  now: number | null;
  before: number | null;
}

/** How a value differs from that of the week before. */
export interface Change {
  way: "up" | "down" | "same";
  words: string;
  verdict: "лучше" | "хуже" | null;
}

/** Those that a value rests on: where they are listed, and of how many they are a part. */
interface Basis {
  name: string;
  address: string;
  count: number;
  of?: number;
}

/** A number of the week, in words. */
export interface Headline {
  name: string;
  measure: Measure;
  value: string;
  before: string;
  change: Change | null;
  basis: Basis;
}

/** What the numbers are taken from. */
export interface Told {
  total: ReplyFigures;
  before: ReplyFigures;
  complaints: Complaints;
}

/** The numbers, in the order in which they are told. A count is compared only of a week that is over and has any. */
export function headlines({ total, before, complaints }: Told, days: Days, isOver: boolean): Headline[] {
  const isWhole = isOver && !isEmpty(total);
  const hadAny = !isEmpty(before);
  const listed = (metric: QualityMetric, count: number): Basis => ({
    name: METRIC[metric],
    address: measuredAddress(days, { metric }),
    count,
  });
  const amount = (metric: "answered" | "refused" | "failed", wanted: Wanted) =>
    headline(METRIC[metric], listed(metric, total[metric]), isWhole, {
      measure: "count",
      wanted,
      now: total[metric],
      before: hadAny ? before[metric] : null,
    });
  const rate = (metric: "sla_met" | "accepted" | "automatic", wanted: Wanted) =>
    headline(METRIC[metric], { ...listed(metric, total[metric].count), of: total[metric].of }, true, {
      measure: "percent",
      wanted,
      now: total[metric].percent,
      before: before[metric].percent,
    });
  const waited = (name: string, part: "p50" | "p90") =>
    headline(name, listed("timed", total.first_answer_seconds.of), true, {
      measure: "seconds",
      wanted: "less",
      now: total.first_answer_seconds[part],
      before: before.first_answer_seconds[part],
    });
  return [
    amount("answered", "nothing"),
    waited("Первый ответ у половины", "p50"),
    waited("Первый ответ у девяти из десяти", "p90"),
    rate("sla_met", "more"),
    rate("accepted", "more"),
    rate("automatic", "nothing"),
    complaining(complaints),
    amount("refused", "less"),
    amount("failed", "less"),
  ];
}

/** How a value differs; nothing is held against a week that has none. */
export function changeOf({ measure, wanted, now, before }: Compared): Change | null {
  if (now === null || before === null) return null;
  const difference = differenceOf(measure, now, before);
  if (difference === 0) return { way: "same", words: "столько же", verdict: null };
  const way = difference > 0 ? "up" : "down";
  const isWanted = wanted === (way === "up" ? "more" : "less");
  return {
    way,
    words: differenceWords(measure, difference),
    verdict: wanted === "nothing" ? null : isWanted ? "лучше" : "хуже",
  };
}

/** Whether nothing at all was counted. */
export function isEmpty({ answered, sla_met, refused, failed, unknown }: ReplyFigures): boolean {
  return answered + sla_met.of + refused + failed + unknown === 0;
}

/** "больше на 3 — хуже": what a change says. */
export function changeLine({ words, verdict }: Change): string {
  return verdict === null ? words : `${words} — ${verdict}`;
}

function complaining({ complaints, written, ...told }: Complaints): Headline {
  const basis = {
    name: "Жалобы",
    address: complaintsAddress(told, {}),
    count: complaints.count,
    of: written.count,
  };
  return headline("Жалуются", basis, true, {
    measure: "percent",
    wanted: "less",
    now: written.count === 0 ? null : share(complaints.count, written.count),
    before: written.before === 0 ? null : share(complaints.before, written.before),
  });
}

function headline(name: string, basis: Basis, isCompared: boolean, compared: Compared): Headline {
  const { measure, now, before } = compared;
  return {
    name,
    measure,
    value: valueWords(measure, now),
    before: valueWords(measure, before),
    change: isCompared ? changeOf(compared) : null,
    basis,
  };
}

function valueWords(measure: Measure, value: number | null): string {
  if (value === null) return "—";
  switch (measure) {
    case "count":
      return grouped(value);
    case "percent":
      return percent(value);
    case "seconds":
      return lasting(value * 1000);
  }
}

function differenceWords(measure: Measure, difference: number): string {
  const [size, isMore] = [Math.abs(difference), difference > 0];
  switch (measure) {
    case "count":
      return `${isMore ? "больше" : "меньше"} на ${grouped(size)}`;
    case "percent":
      return `${isMore ? "больше" : "меньше"} на ${percent(size).replace("%", "п. п.")}`;
    case "seconds":
      return `${isMore ? "дольше" : "быстрее"} на ${lasting(size * 1000)}`;
  }
}

/** The difference of values as they are written: what looks the same is the same. */
function differenceOf(measure: Measure, now: number, before: number): number {
  const step = { count: 1, percent: 0.1, seconds: 60 }[measure];
  const steps = (value: number) =>
    measure === "seconds" ? Math.floor(value / step) : Math.round(value / step);
  return (steps(now) - steps(before)) * step;
}
