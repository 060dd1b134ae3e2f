/** The editor's text and what may be done with it. The text is the operator's: only the operator's own actions change it. */
import { useState } from "react";
import { mayStand } from "@/features/interactions/reply-state";
import { useSendReply, type Attempt } from "@/features/interactions/replies";
import { keepUnsent, useUnsent, type Purpose, type Unsent } from "@/features/interactions/unsent";
import type { Interaction, Reply } from "@/lib/api/types";
import { judge, type Verdict } from "./composer-rules";

export interface Editor {
  /** What the text would be sent as; nothing when neither an answer nor an edit is possible. */
  purpose: Purpose | undefined;
  text: string;
  unsent: Unsent | undefined;
  verdict: Verdict;
  isAsking: "again" | "replace" | undefined;
  focusRequest: number;
  change: (text: string) => void;
  send: (andNext: boolean) => void;
  retry: () => void;
  acceptDraft: (andEdit: boolean) => void;
  beginEdit: () => void;
  cancelEdit: () => void;
  /** Takes note of what changed meanwhile, so that it is not said again. */
  acknowledge: () => void;
  discard: () => void;
  confirm: () => void;
  dismiss: () => void;
}

type Question = { about: "again"; text: string; andNext: boolean } | { about: "replace"; andEdit: boolean };

export function useEditor(
  item: Interaction,
  userId: string,
  history: readonly Reply[] | undefined,
  attempt: Attempt | undefined,
  onSentAndNext: () => void,
  outerFocusRequest: number,
): Editor {
  const id = item.interaction_id;
  const answer = useUnsent(userId, "answer", id);
  const edit = useUnsent(userId, "edit", id);
  const [isEditing, setEditing] = useState(false);
  const [question, setQuestion] = useState<Question>();
  const [innerFocusRequest, setFocusRequest] = useState(0);
  const sendReply = useSendReply();

  const { reply } = item;
  const isRefused = reply?.state === "failed" || reply?.state === "rejected";
  const wantsEdit = isEditing || edit !== undefined || (isRefused && reply.kind === "edit");
  const purpose = item.can_answer.allowed
    ? "answer"
    : item.can_edit.allowed && wantsEdit
      ? "edit"
      : undefined;

  const unsent = purpose === "edit" ? edit : answer;
  const live = history?.findLast((version) => version.state === "published" || version.state === "sent");
  const initial = isRefused ? reply.text : purpose === "edit" ? (live?.text ?? reply?.text ?? "") : "";
  const text = unsent?.text ?? initial;
  const turnedDown =
    attempt?.status === "error" && attempt.problem?.status === 422
      ? attempt.sent.text
      : reply?.state === "rejected"
        ? reply.text
        : undefined;
  const verdict = judge(text, purpose ?? "answer", item.limits, live?.text, turnedDown);

  const base = { baseReplyId: reply?.reply_id ?? null, baseRevisions: item.content.revisions };
  const keep = (value: string, draftId?: string) => {
    if (purpose === undefined) return;
    const since = unsent ? { baseReplyId: unsent.baseReplyId, baseRevisions: unsent.baseRevisions } : base;
    keepUnsent(userId, purpose, id, value === "" ? undefined : { text: value, draftId, ...since });
  };
  const deliver = (value: string, andNext: boolean) => {
    if (purpose === undefined) return;
    setEditing(false);
    sendReply.mutate({
      id,
      user: userId,
      buyer: item.buyer_name || "Покупатель",
      purpose,
      text: value,
      draftId: purpose === "answer" ? unsent?.draftId : undefined,
    });
    // The editor goes away with the focus in it: the item takes it over.
    if (andNext) onSentAndNext();
    else document.getElementById("item")?.focus();
  };
  const request = (value: string, andNext: boolean) => {
    if (mayStand(reply)) setQuestion({ about: "again", text: value, andNext });
    else deliver(value, andNext);
  };
  const takeDraft = (andEdit: boolean) => {
    if (!item.draft) return;
    keep(item.draft.text, item.draft.draft_id);
    if (andEdit) setFocusRequest((count) => count + 1);
  };

  return {
    purpose,
    text,
    unsent: unsent ?? answer ?? edit,
    verdict,
    isAsking: question?.about,
    focusRequest: outerFocusRequest + innerFocusRequest,
    change: (value) => keep(value, unsent?.draftId),
    send: (andNext) => {
      if (!verdict.canSend || attempt?.status === "pending") return;
      request(text.trim(), andNext);
    },
    retry: () => request((unsent?.text ?? attempt?.sent.text ?? initial).trim(), false),
    acceptDraft: (andEdit) => {
      if (!item.draft) {
        setFocusRequest((count) => count + 1);
        return;
      }
      const isOwn = text.trim() !== "" && unsent?.draftId === undefined && text !== item.draft.text;
      if (isOwn) setQuestion({ about: "replace", andEdit });
      else takeDraft(andEdit);
    },
    beginEdit: () => {
      if (!item.can_edit.allowed) return;
      setEditing(true);
      setFocusRequest((count) => count + 1);
    },
    cancelEdit: () => {
      setEditing(false);
      keepUnsent(userId, "edit", id, undefined);
    },
    acknowledge: () => {
      if (unsent && purpose) keepUnsent(userId, purpose, id, { ...unsent, ...base });
    },
    discard: () => {
      keepUnsent(userId, "answer", id, undefined);
      keepUnsent(userId, "edit", id, undefined);
    },
    confirm: () => {
      setQuestion(undefined);
      if (question?.about === "again") deliver(question.text, question.andNext);
      else if (question?.about === "replace") takeDraft(question.andEdit);
    },
    dismiss: () => setQuestion(undefined),
  };
}
