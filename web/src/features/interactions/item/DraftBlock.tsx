/** The draft on offer, and how to get one. */
import { FileText, PenLine } from "lucide-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { placeRow } from "@/features/interactions/list/rows";
import { Button } from "@/components/Button";
import { ProblemNote } from "@/components/ProblemNote";
import { api, intended } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { Interaction } from "@/lib/api/types";
import styles from "./DraftBlock.module.css";

const SOURCE = { template: "Шаблон по оценке", operator: "Черновик оператора" } as const;

interface DraftBlockProps {
  item: Interaction;
  /** The text in the editor grew from this draft. */
  isTaken: boolean;
  onAccept: () => void;
  onEdit: () => void;
}

export function DraftBlock({ item, isTaken, onAccept, onEdit }: DraftBlockProps) {
  const propose = useProposeDraft(item.interaction_id);
  const { draft } = item;
  if (!draft) {
    return (
      <div className={styles.none}>
        <Button
          size="small"
          icon={<FileText size={14} />}
          isPending={propose.isPending}
          onPress={() => propose.mutate(undefined)}
        >
          Черновик по шаблону
        </Button>
        {propose.error && <ProblemNote error={propose.error} />}
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
    <section className={styles.draft} aria-label="Черновик">
      <p className={styles.head}>
        <FileText size={13} aria-hidden="true" /> {SOURCE[draft.source]}
      </p>
      <p className={styles.text}>{draft.text}</p>
      <div className={styles.actions}>
        <Button size="small" onPress={onAccept} aria-keyshortcuts="A">
          Принять
        </Button>
        <Button
          size="small"
          weight="ghost"
          icon={<PenLine size={13} />}
          onPress={onEdit}
          aria-keyshortcuts="E"
        >
          Изменить
        </Button>
      </div>
    </section>
  );
}

/** Asks for a draft by template, or keeps the operator's text as one. */
export function useProposeDraft(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (text: string | undefined) => {
      const body = text === undefined ? {} : { text };
      return intended(`draft.${id}`, body, (key) =>
        api.POST("/api/v1/interactions/{id}/draft", {
          body,
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      );
    },
    onSuccess: (item) => {
      client.setQueryData(keys.item(id), item);
      placeRow(client, item);
    },
  });
}
