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
  const [isDismissing, setDismissing] = useState(false);
  const { draft } = item;
  const isFresh = draft !== null && !draft.stale;
  useShortcut("refresh-draft", () => ask.mutate(draft !== null), !ask.isPending);
  useShortcut("dismiss-draft", () => setDismissing(true), draft !== null && !isTaken);
  useShortcut("accept-and-send", onAcceptAndSend, isFresh && !isTaken);
  const problem = ask.error ?? dismiss.error;

  if (ask.isPending) {
    return (
      <section className={styles.draft} aria-label="Черновик" aria-busy="true">
        <p className={styles.head} role="status">
          <Sparkles size={13} aria-hidden="true" /> Готовим черновик…
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
      </p>
    );
  }
  return (
    <section className={styles.draft} aria-label="Черновик" data-stale={draft.stale || undefined}>
      <p className={styles.head}>
        <FileText size={13} aria-hidden="true" /> {SOURCE[draft.source]}
        <Standing draft={draft} />
      </p>
      <p className={styles.text}>{draft.text}</p>
      <Grounds draft={draft} />
      {isDismissing ? (
        <DraftDismissal
          isPending={dismiss.isPending}
          onChoose={(reason) =>
            dismiss.mutate({ draft_id: draft.draft_id, reason }, { onSuccess: () => setDismissing(false) })
          }
          onBack={() => setDismissing(false)}
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
            onPress={() => ask.mutate(true)}
            aria-keyshortcuts="R"
          >
            Обновить
          </Button>
          <Button
            size="small"
            weight="ghost"
            icon={<X size={13} />}
            onPress={() => setDismissing(true)}
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

/** Whether it knows all that was said. */
function Standing({ draft }: { draft: Draft }) {
  if (draft.stale) {
    return (
      <span className={styles.stale}>
        <Clock size={12} aria-hidden="true" /> Устарел: с тех пор написали ещё
      </span>
    );
  }
  return draft.source === "operator" ? null : <span className={styles.ready}>Готово заранее</span>;
}

/** What it rests on, and what the rules have against it. */
function Grounds({ draft }: { draft: Draft }) {
  const { analysis, template, model, findings } = draft;
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
