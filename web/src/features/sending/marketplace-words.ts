/** How marketplaces answer, in words. */
import type { MarketplaceList } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";

type Behaviour = MarketplaceList["items"][number];
type Calls = Behaviour["calls"]["recent"];
type Moderated = Behaviour["moderation"]["recent"];

/** What was being done when a marketplace refused. */
export const CALLED: Record<Behaviour["new_refusals"][number]["doing"], string> = {
  read: "при чтении",
  send: "при отправке",
};

/** What a refusal says. */
export const REFUSED: Partial<Record<string, string>> = {
  bad_request: "запрос отклонён",
  not_found: "площадка не знает этого адреса или обращения",
  malformed_answer: "ответ площадки не читается",
};

const NUMBER = new Intl.NumberFormat("ru-RU", { maximumFractionDigits: 1 });

/** "Модерация отклонила 3 из 40 (7,5 %), обычно 2 %." */
export function moderationWords({ recent, usual }: Behaviour["moderation"]): string {
  const judged = recent.answered + recent.refused;
  if (judged === 0) return "Модерация за эти дни ничего не решала.";
  const share = `${grouped(recent.refused)} из ${grouped(judged)} (${percent(recent)})`;
  const usually = usual.answered + usual.refused === 0 ? "сравнить не с чем" : `обычно ${percent(usual)}`;
  return `Модерация отклонила ${share}, ${usually}.`;
}

/** Longer than that it is not known how long: the API's last class of times, 2¹⁵ ms. */
const LONGEST = "33 с и дольше";

/** "Половина отправок занимает меньше 512 мс, обычно меньше 256 мс." */
export function callsWords({ recent, usual }: Behaviour["calls"]): string {
  if (recent.count === 0) return "За эти дни ничего не отправлялось.";
  const usually = usual.count === 0 ? "сравнить не с чем" : `обычно ${below(usual)}`;
  return `Половина отправок занимает ${below(recent)}, ${usually}.`;
}

function percent({ refused_percent: value }: Moderated): string {
  return `${NUMBER.format(value)} %`;
}

function below({ median_below_ms: value }: Calls): string {
  if (value === null) return LONGEST;
  return value < 1000 ? `меньше ${value} мс` : `меньше ${NUMBER.format(value / 1000)} с`;
}
