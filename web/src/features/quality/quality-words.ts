/** What became of drafts, in words. */
import { REASON, WRITER } from "@/lib/words";
import type { DraftFigures, JudgedDraft } from "@/lib/api/types";
import { lineageLine } from "@/lib/lineage";

/** What became of a draft, or how a reply came about that had none. */
export function outcomeLine(draft: JudgedDraft): string {
  const writer = draft.source === null ? "" : ` · ${WRITER[draft.source]}`;
  switch (draft.outcome) {
    case "dismissed":
      return `отклонён${draft.reason === null ? "" : `: ${REASON[draft.reason].toLowerCase()}`}${writer}`;
    case "superseded":
      return `заменён новым${writer}`;
    case "unused":
      return `не понадобился${writer}`;
    case "unmeasured":
      return `правку ещё не измеряли${writer}`;
    case "taken_back":
      return "ответ не ушёл";
    case "open":
      return `ждёт решения${writer}`;
    case "carried":
      return `продолжен новым${writer}`;
    case "accepted":
    case "edited":
    case "manual":
    case "automatic":
    case "in_bulk":
      return lineageLine(draft);
  }
}

/** A number of a group of drafts, and the filter of the list that is as long. */
export interface Figure {
  name: string;
  count: number;
  filter: string;
  isBad?: boolean;
}

/** What operators did, each number with its list. */
export function figuresOf(figures: DraftFigures): Figure[] {
  return [
    { name: "Приняты без правок", count: figures.accepted, filter: "outcome=accepted" },
    { name: "Отправлены с правкой", count: figures.edited, filter: "outcome=edited" },
    {
      name: "Заменены другим текстом",
      count: figures.rewritten,
      filter: "outcome=manual&has_draft=true",
      isBad: true,
    },
    { name: "Отклонены", count: figures.dismissed, filter: "outcome=dismissed", isBad: true },
    {
      name: "Ответы без черновика",
      count: figures.without_draft,
      filter: "outcome=manual&has_draft=false",
    },
    { name: "Заменены новым черновиком", count: figures.superseded, filter: "outcome=superseded" },
    { name: "Не понадобились", count: figures.unused, filter: "outcome=unused" },
    { name: "Ушли автоматически", count: figures.automatic, filter: "outcome=automatic" },
    { name: "Общий ответ многим", count: figures.in_bulk, filter: "outcome=in_bulk" },
  ];
}
