/** How a reply came about, in words. */
import type { ReplyLineage } from "@/lib/api/types";
import { WRITER } from "./words";

/** "12,5 %" */
export function percent(share: number): string {
  return `${share.toLocaleString("ru-RU", { maximumFractionDigits: 1 })} %`;
}

/** "правка 12 % · черновик модели"; empty where there is nothing to tell. */
export function lineageLine({ outcome, changed_percent: changed, source }: ReplyLineage): string {
  const writer = source === null ? "" : WRITER[source];
  switch (outcome) {
    case "accepted":
      return `без правок · ${writer}`;
    case "edited":
      return `правка ${percent(changed ?? 0)} · ${writer}`;
    case "manual":
      return source === null ? "написан без черновика" : `другой текст вместо черновика · ${writer}`;
    case "automatic":
      return source === null ? "" : `отправлен автоматически · ${writer}`;
    case "in_bulk":
      return source === null ? "общий ответ многим" : `общий ответ многим вместо черновика · ${writer}`;
    case "unmeasured":
    case "open":
    case "carried":
    case "dismissed":
    case "superseded":
    case "unused":
    case "taken_back":
      return "";
  }
}
