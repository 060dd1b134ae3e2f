/** The item as it was after one of its events: what the event changed, who caused it, and a way along the history. */
import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, Undo2 } from "lucide-react";
import { useEffect, useRef } from "react";
import { Button } from "@/components/Button";
import { Delayed } from "@/components/Delayed";
import { IconButton } from "@/components/IconButton";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { pastItemQuery, stepsQuery } from "@/lib/api/queries";
import type { Interaction, Step } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { journalTime } from "@/lib/format/time";
import { useShortcut } from "@/lib/keyboard/shortcuts";
import { authorOf } from "./authors";
import { BuyerMessage } from "./BuyerMessage";
import { withNewest } from "./chat-feed";
import { ChatFeed } from "./ChatFeed";
import { actorWords, eventWords } from "./journal-words";
import { changeWords, stepOf } from "./past-words";
import { RelatedReviews } from "./RelatedReviews";
import { ReplyBubble } from "./ReplyBubble";
import styles from "./Past.module.css";

/** The steps of an item, the one that a link means, and why there is none. */
export function usePast(id: string, asOf: string | undefined) {
  const isPast = asOf !== undefined;
  const steps = useQuery({ ...stepsQuery(id), enabled: isPast });
  const named = isPast && steps.data ? stepOf(steps.data, asOf) : undefined;
  const isAsked = isPast && steps.data !== undefined && named === undefined;
  const asked = useQuery({ ...pastItemQuery(id, asOf ?? ""), enabled: isAsked });
  const found = asked.data && steps.data?.find((step) => step.number === asked.data.version);
  const error = steps.error ?? (isAsked ? asked.error : null);
  return { steps: steps.data ?? [], step: isPast ? (named ?? found) : undefined, error };
}

interface PastProps {
  past: ReturnType<typeof usePast>;
  userId: string;
  onStep: (step: Step) => void;
  onNow: () => void;
}

export function Past({ past, userId, onStep, onNow }: PastProps) {
  const { steps, step, error } = past;
  const go = (number: number) => {
    const next = steps.find((each) => each.number === number);
    if (next) onStep(next);
  };
  useShortcut("back", onNow);
  useShortcut("past", onNow);
  useShortcut("earlier", () => step && go(step.number - 1));
  useShortcut("later", () => step && go(step.number + 1));
  if (!step) {
    return (
      <div className={styles.alone}>
        {error ? (
          <>
            <ProblemNote error={error} />
            <BackToNow onNow={onNow} />
          </>
        ) : (
          <Delayed>
            <Skeleton width="60%" />
          </Delayed>
        )}
      </div>
    );
  }
  return (
    <div className={styles.past}>
      <Banner step={step} count={steps.length} userId={userId} onNow={onNow} />
      <Slider steps={steps} step={step} userId={userId} onGo={go} />
      <div
        className={`${styles.feed} ${step.state.chat ? styles.above : ""}`}
        role="region"
        aria-label="Обращение, как было"
      >
        <Changes step={step} />
        <RelatedReviews item={step.state} />
        {!step.state.chat && <BuyerMessage item={step.state} />}
        <Draft item={step.state} />
        {step.state.reply && !step.state.chat && (
          <ReplyBubble
            item={step.state}
            reply={step.state.reply}
            author={authorOf(step.state.reply, userId)}
          />
        )}
      </div>
      {step.state.chat && (
        <ChatFeed
          item={step.state}
          replies={withNewest([], step.state.reply)}
          userId={userId}
          pending={undefined}
        />
      )}
    </div>
  );
}

interface BannerProps {
  step: Step;
  count: number;
  userId: string;
  onNow: () => void;
}

function Banner({ step, count, userId, onNow }: BannerProps) {
  const now = useNow();
  const words = eventWords(step.event, step.state, now);
  return (
    <div className={styles.banner}>
      <Note
        tone="warn"
        role="status"
        title={`Как было ${journalTime(step.event.time)} · событие ${step.number} из ${count}`}
        actions={<BackToNow onNow={onNow} />}
      >
        <p>
          {words.title} · {actorWords(step.event.aiqactor, userId)}
        </p>
        {words.text !== undefined && <p className={styles.words}>{words.text}</p>}
      </Note>
    </div>
  );
}

function BackToNow({ onNow }: { onNow: () => void }) {
  return (
    <Button size="small" icon={<Undo2 size={14} />} onPress={onNow} aria-keyshortcuts="Escape">
      Вернуться к сейчас
    </Button>
  );
}

interface SliderProps {
  steps: readonly Step[];
  step: Step;
  userId: string;
  onGo: (number: number) => void;
}

function Slider({ steps, step, userId, onGo }: SliderProps) {
  const now = useNow();
  const range = useRef<HTMLInputElement>(null);
  // Whoever opens the history means to walk along it.
  useEffect(() => range.current?.focus(), []);
  const words = eventWords(step.event, step.state, now);
  return (
    <div className={styles.slider}>
      <IconButton
        label="Предыдущее событие"
        icon={<ChevronLeft size={16} />}
        isDisabled={step.number === 1}
        onPress={() => onGo(step.number - 1)}
      />
      <input
        ref={range}
        type="range"
        className={styles.range}
        aria-label="Событие"
        aria-valuetext={`${step.number} из ${steps.length}: ${words.title}, ${actorWords(step.event.aiqactor, userId)}`}
        min={1}
        max={steps.length}
        value={step.number}
        onChange={(event) => onGo(Number(event.target.value))}
      />
      <IconButton
        label="Следующее событие"
        icon={<ChevronRight size={16} />}
        isDisabled={step.number === steps.length}
        onPress={() => onGo(step.number + 1)}
      />
    </div>
  );
}

function Changes({ step }: { step: Step }) {
  const changes = changeWords(step.changes);
  if (step.number === 1) return <p className={styles.quiet}>С этого события обращение началось.</p>;
  if (changes.length === 0) return <p className={styles.quiet}>На экране от этого ничего не изменилось.</p>;
  return (
    <dl className={styles.changes} aria-label="Что изменилось">
      {changes.map((change) => (
        <div key={change.name} className={styles.change}>
          <dt>{change.name}</dt>
          <dd>
            <del>{change.before}</del>
            <span aria-hidden="true"> → </span>
            <ins>{change.after}</ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Draft({ item }: { item: Interaction }) {
  if (!item.draft) return null;
  return (
    <section className={styles.draft} aria-label="Черновик">
      <p className={styles.quiet}>Черновик</p>
      <p className={styles.text}>{item.draft.text}</p>
    </section>
  );
}
