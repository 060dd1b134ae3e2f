/** A list of drafts and replies with what became of them. */
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { GraduationCap } from "lucide-react";
import { Link } from "react-router";
import { Button } from "@/components/Button";
import { Delayed } from "@/components/Delayed";
import { Empty } from "@/components/Empty";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import { Spinner } from "@/components/Spinner";
import type { JudgedDraft, JudgedPage } from "@/lib/api/types";
import { CHANNEL, INTENT } from "@/lib/words";
import { outcomeLine } from "./quality-words";
import styles from "./Quality.module.css";

interface JudgedListProps {
  list: UseInfiniteQueryResult<InfiniteData<JudgedPage>>;
  empty: string;
  hasScores?: boolean;
}

export function JudgedList({ list, empty, hasScores = false }: JudgedListProps) {
  const drafts = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (list.isPending) {
    return (
      <Delayed>
        <Empty icon={<Spinner size={24} />} title="Загрузка..." />
      </Delayed>
    );
  }
  return (
    <>
      {list.error && <ProblemNote error={list.error} onRetry={() => void list.refetch()} />}
      {!list.error && drafts.length === 0 && <Empty icon={<GraduationCap size={24} />} title={empty} />}
      {drafts.length > 0 && (
        <ul className={styles.list} aria-label="Черновики и ответы">
          {drafts.map((draft) => (
            <li key={draft.draft_id ?? draft.reply_id}>
              <Judged draft={draft} hasScore={hasScores} />
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <div>
          <Button isPending={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
            Показать ещё
          </Button>
        </div>
      )}
    </>
  );
}

function Judged({ draft, hasScore }: { draft: JudgedDraft; hasScore: boolean }) {
  return (
    <>
      <span className={styles.meta}>
        {hasScore && <b>{draft.score} из 100</b>}
        <Moment at={draft.decided_at} />
        <span>{CHANNEL[draft.channel]}</span>
        <span>{INTENT[draft.intent]}</span>
        {draft.rating !== null && <span>{draft.rating} из 5</span>}
        {draft.product_name !== "" && <span>{draft.product_name}</span>}
      </span>
      <Link to={`/queue/${draft.interaction_id}`}>
        {draft.preview === "" ? (draft.buyer_name ?? "Без текста") : draft.preview}
      </Link>
      <span className={styles.about}>{outcomeLine(draft)}</span>
    </>
  );
}
