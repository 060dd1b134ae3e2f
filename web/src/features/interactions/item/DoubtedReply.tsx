/** A reply of which reading cannot tell whether it stands at the marketplace: what is known, and the two answers to that. */
import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { Link, useSearchParams } from "react-router";
import { useMarkSent, useSendAgain } from "@/features/interactions/doubt";
import { withParam } from "@/features/interactions/filters";
import { doubtWords } from "@/features/interactions/reply-state";
import { Button } from "@/components/Button";
import { Moment } from "@/components/Moment";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { evidenceQuery } from "@/lib/api/queries";
import type { Interaction, Reply, ReplyEvidence } from "@/lib/api/types";
import { MARKETPLACE } from "@/lib/words";
import { MarketplaceWords } from "./ReplyBubble";
import styles from "./DoubtedReply.module.css";

export function DoubtedReply({ item, reply }: { item: Interaction; reply: Reply }) {
  const [params] = useSearchParams();
  const market = MARKETPLACE[item.marketplace].short;
  const words = doubtWords(reply, market, item.channel);
  const evidence = useQuery(evidenceQuery(item.interaction_id, reply.reply_id, item.version));
  const markSent = useMarkSent();
  const sendAgain = useSendAgain();
  const isBusy = markSent.isPending || sendAgain.isPending;
  const doubted = { item, replyId: reply.reply_id };
  return (
    <section aria-label="Нужно ваше решение" className={styles.card}>
      <Note tone="warn" title={words.title}>
        <p>{reply.failure?.message}</p>
        <p>{words.advice}</p>
        <div className={styles.actions}>
          <Button
            size="small"
            isDisabled={isBusy}
            isPending={markSent.isPending}
            onPress={() => markSent.mutate(doubted)}
          >
            {words.arrived}
          </Button>
          <Button
            size="small"
            isDisabled={isBusy}
            isPending={sendAgain.isPending}
            onPress={() => sendAgain.mutate(doubted)}
          >
            {words.absent}
          </Button>
        </div>
        {evidence.data && <Attempts attempts={evidence.data.attempts} />}
        <MarketplaceWords reply={reply} market={market} />
        <p>
          <Link to={`?${withParam(params, "tab", "why")}`}>Всё, что к этому привело</Link>
        </p>
      </Note>
      {evidence.error && <ProblemNote error={evidence.error} onRetry={() => void evidence.refetch()} />}
      {markSent.error && <ProblemNote error={markSent.error} />}
      {sendAgain.error && <ProblemNote error={sendAgain.error} />}
    </section>
  );
}

function Attempts({ attempts }: { attempts: ReplyEvidence["attempts"] }) {
  return (
    <ol className={styles.attempts} aria-label="Попытки">
      {attempts.map((attempt) => (
        <li key={attempt.number}>
          <b>Попытка {attempt.number}</b>
          {attempt.tried_at !== null && (
            <>
              {", "}
              <Moment at={attempt.tried_at} isExact />
            </>
          )}
          : {attempt.message}
          {byOutcome(attempt.looks).map((looks) => (
            <p key={looks[0]?.at} className={styles.looks}>
              Проверили{" "}
              {looks.map((look, at) => (
                <Fragment key={look.at}>
                  {at > 0 && ", "}
                  <Moment at={look.at} isExact />
                </Fragment>
              ))}
              : {looks[0]?.message}
            </p>
          ))}
        </li>
      ))}
    </ol>
  );
}

type Look = ReplyEvidence["attempts"][number]["looks"][number];

/** Looks one after another that saw the same. */
function byOutcome(looks: readonly Look[]): Look[][] {
  const groups: Look[][] = [];
  for (const look of looks) {
    const last = groups.at(-1);
    if (last?.[0]?.saw === look.saw) last.push(look);
    else groups.push([look]);
  }
  return groups;
}
