/** The draft on offer: what it says, what it rests on, and what may be done with it. */
import { useState } from "react";
import { Clock, FileText, PenLine, RefreshCw, Send, Sparkles, X } from "lucide-react";
import { Button } from "@/components/Button";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import type { Draft, Interaction } from "@/lib/api/types";
import { useShortcut } from "@/lib/keyboard/shortcuts";
import { INTENT, PRIORITY } from "@/lib/words";
import { DraftDismissal } from "./DraftDismissal";
import { DraftSources } from "./DraftSources";
import { useAskForDraft, useDismissDraft } from "./drafts";
import styles from "./DraftBlock.module.css";

const SOURCE: Record<Draft["source"], string> = {
  template: "Шаблон",
  operator: "Черновик оператора",
  model: "Черновик модели",
};

interface DraftBlockProps {
  item: Interaction;
  /** The text in the editor grew from this draft. */
  isTaken: boolean;
  onAccept: () => void;
  onAcceptAndSend: () => void;
  onEdit: () => void;
}

export function DraftBlock({ item, isTaken, onAccept, onAcceptAndSend, onEdit }: DraftBlockProps) {
  const ask = useAskForDraft(item.interaction_id);
  const dismiss = useDismissDraft(item.interaction_id);
  const { draft } = item;
  const isAwaited = ask.isPending || item.draft_awaited;
  // The reasons are about the draft that they were opened for: another may arrive while they are read.
  const [dismissing, setDismissing] = useState<string>();
  const isFresh = draft !== null && !draft.stale && !isAwaited;
  useShortcut("refresh-draft", () => ask.mutate(draft !== null), !isAwaited);
  useShortcut("dismiss-draft", () => setDismissing(draft?.draft_id), draft !== null && !isTaken);
  useShortcut("accept-and-send", onAcceptAndSend, isFresh && !isTaken);
  const problem = ask.error ?? dismiss.error;

  if (isAwaited && !draft) {
    return (
      <section className={styles.draft} aria-label="Черновик" aria-busy="true">
        <p className={styles.head}>
          <Awaited />
        </p>
        <Skeleton width="92%" />
        <Skeleton width="64%" />
      </section>
    );
  }
  if (!draft) {
    return (
      <div className={styles.none}>
        <Button
          size="small"
          icon={<FileText size={14} />}
          onPress={() => ask.mutate(false)}
          aria-keyshortcuts="R"
        >
          Подготовить черновик
        </Button>
        {problem && <ProblemNote error={problem} />}
      </div>
    );
  }
  if (isTaken) {
    return (
      <p className={styles.head}>
        <FileText size={13} aria-hidden="true" /> {SOURCE[draft.source]}: принят, ниже можно править
        {isAwaited && <Awaited />}
      </p>
    );
  }
  return (
    <section
      className={styles.draft}
      aria-label="Черновик"
      aria-busy={isAwaited || undefined}
      data-stale={draft.stale || undefined}
    >
      <p className={styles.head}>
        <FileText size={13} aria-hidden="true" /> {SOURCE[draft.source]}
        {isAwaited ? <Awaited /> : <Standing draft={draft} isAhead={item.draft_ahead} />}
      </p>
      <p className={styles.text}>{draft.text}</p>
      <Grounds draft={draft} />
      <DraftSources sources={draft.context} />
      {dismissing === draft.draft_id ? (
        <DraftDismissal
          isPending={dismiss.isPending}
          onChoose={(reason) =>
            dismiss.mutate({ draft_id: dismissing, reason }, { onSuccess: () => setDismissing(undefined) })
          }
          onBack={() => setDismissing(undefined)}
        />
      ) : (
        <div className={styles.actions} role="toolbar" aria-label="Что сделать с черновиком">
          <Button size="small" onPress={onAccept} aria-keyshortcuts="A">
            Принять
          </Button>
          {isFresh && (
            <Button
              size="small"
              icon={<Send size={13} />}
              onPress={onAcceptAndSend}
              aria-keyshortcuts="Shift+A"
            >
              Принять и отправить
            </Button>
          )}
          <Button
            size="small"
            weight="ghost"
            icon={<PenLine size={13} />}
            onPress={onEdit}
            aria-keyshortcuts="E"
          >
            Изменить
          </Button>
          <Button
            size="small"
            weight="ghost"
            icon={<RefreshCw size={13} />}
            isPending={isAwaited}
            onPress={() => ask.mutate(true)}
            aria-keyshortcuts="R"
          >
            Обновить
          </Button>
          <Button
            size="small"
            weight="ghost"
            icon={<X size={13} />}
            onPress={() => setDismissing(draft.draft_id)}
            aria-keyshortcuts="D"
          >
            Отклонить
          </Button>
        </div>
      )}
      {problem && <ProblemNote error={problem} />}
    </section>
  );
}

function Awaited() {
  return (
    <span className={styles.awaited} role="status">
      <Sparkles size={13} aria-hidden="true" /> Готовим черновик…
    </span>
  );
}

/** Whether it knows all that was said, and whether it was there before anybody asked. */
function Standing({ draft, isAhead }: { draft: Draft; isAhead: boolean }) {
  if (draft.stale) {
    return (
      <span className={styles.stale}>
        <Clock size={12} aria-hidden="true" /> Устарел: с тех пор написали ещё
      </span>
    );
  }
  return isAhead ? <span className={styles.ready}>Готово заранее</span> : null;
}

/** What was decided, and everything that led to it. */
function told({ message, reasons }: NonNullable<Draft["decision"]>): string {
  const why = reasons.map((reason) => reason.message).join(", ");
  return why === "" ? message : `${message} (${why})`;
}

/** What it rests on, and what the rules have against it. */
function Grounds({ draft }: { draft: Draft }) {
  const { analysis, template, model, findings, decision } = draft;
  const read = analysis && [
    INTENT[analysis.intent],
    PRIORITY[analysis.priority].toLowerCase(),
    `уверенность ${analysis.confidence} %`,
  ];
  return (
    <div className={styles.grounds}>
      {read && <span>{read.join(" · ")}</span>}
      {template && <span>{template.message}</span>}
      {model && <span>{model.model}</span>}
      {decision && <span>Без человека: {told(decision)}</span>}
      {draft.suspicious && (
        <span className={styles.finding} data-severity="warning">
          Похоже, слова покупателя обращены к машине: прочтите черновик внимательно.
        </span>
      )}
      {findings.map((finding) => (
        <span
          key={`${finding.type}.${String(finding.place?.start)}`}
          className={styles.finding}
          data-severity={finding.severity}
          title={finding.instead}
        >
          {finding.severity === "error" ? "Не уйдёт: " : "Замечание: "}
          {finding.phrase ? `«${finding.phrase}». ` : ""}
          {finding.message}
        </span>
      ))}
    </div>
  );
}
