/** The editor's text and what may be done with it. The text is the operator's: only the operator's own actions change it. */
import { useState } from "react";
import { mayStand } from "@/features/interactions/reply-state";
import { useSendReply, type Attempt } from "@/features/interactions/replies";
import { keepUnsent, useUnsent, type Purpose, type Unsent } from "@/features/interactions/unsent";
import type { Interaction, Reply } from "@/lib/api/types";
import { lastOfBuyer } from "./chat-feed";
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
  /** Puts the text that did not go out into the editor. */
  takeBack: () => void;
  acceptDraft: (andEdit: boolean) => void;
  beginEdit: () => void;
  cancelEdit: () => void;
  /** Takes note of what changed meanwhile, so that it is not said again. */
  acknowledge: () => void;
  discard: () => void;
  confirm: () => void;
  dismiss: () => void;
}

type Question =
  | { about: "again"; text: string; andNext: boolean }
  | { about: "replace"; text: string; draftId: string | undefined; andEdit: boolean };

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

  const { reply, chat } = item;
  const isChat = chat !== null;
  // The words of a rejection are no answer that could be sent again.
  const isRefused =
    reply !== null && reply.kind !== "rejection" && (reply.state === "failed" || reply.state === "rejected");
  const wantsEdit = isEditing || edit !== undefined || (isRefused && reply.kind === "edit");
  // A chat is written in one message after another: its editor stays, and says when nothing can be sent.
  const purpose =
    item.can_answer.allowed || (isChat && !item.erased)
      ? "answer"
      : item.can_edit.allowed && wantsEdit
        ? "edit"
        : undefined;

  const unsent = purpose === "edit" ? edit : answer;
  const live = history?.findLast((version) => version.state === "published" || version.state === "sent");
  const failedText = attempt?.status === "error" ? attempt.sent.text : isRefused ? reply.text : "";
  const initial = isChat
    ? ""
    : isRefused
      ? reply.text
      : purpose === "edit"
        ? (live?.text ?? reply?.text ?? "")
        : "";
  const text = unsent?.text ?? initial;
  const turnedDown =
    attempt?.status === "error" && attempt.problem?.status === 422
      ? attempt.sent.text
      : reply?.state === "rejected"
        ? reply.text
        : undefined;
  const barred = isChat
    ? attempt?.status === "pending"
      ? "Предыдущее сообщение отправляется."
      : (item.can_answer.reason ?? undefined)
    : undefined;
  const verdict = judge(text, purpose ?? "answer", item.limits, live?.text, turnedDown, barred);

  const base = {
    baseReplyId: reply?.reply_id ?? null,
    baseRevisions: item.content.revisions,
    baseMessageId: chat ? lastOfBuyer(chat.messages) : undefined,
  };
  const keep = (value: string, draftId?: string) => {
    if (purpose === undefined) return;
    const { baseReplyId, baseRevisions, baseMessageId } = unsent ?? base;
    const since = { baseReplyId, baseRevisions, baseMessageId };
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
      after: reply?.reply_id ?? null,
      isChat,
    });
    if (andNext) onSentAndNext();
    // The editor goes away with the focus in it: the item takes it over. That of a chat stays for the next message.
    else if (isChat) setFocusRequest((count) => count + 1);
    else document.getElementById("item")?.focus();
  };
  const request = (value: string, andNext: boolean) => {
    const isSaidAgain = !isChat || value === reply?.text.trim();
    if (mayStand(reply) && isSaidAgain) setQuestion({ about: "again", text: value, andNext });
    else deliver(value, andNext);
  };
  const put = (value: string, draftId: string | undefined, andEdit: boolean) => {
    keep(value, draftId);
    if (andEdit) setFocusRequest((count) => count + 1);
  };
  /** Puts a text into the editor, and asks before it takes the place of the operator's own. */
  const offer = (value: string, draftId: string | undefined, andEdit: boolean) => {
    const isOwn = text.trim() !== "" && unsent?.draftId === undefined && text !== value;
    if (isOwn) setQuestion({ about: "replace", text: value, draftId, andEdit });
    else put(value, draftId, andEdit);
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
    retry: () =>
      request((isChat ? failedText : (unsent?.text ?? attempt?.sent.text ?? initial)).trim(), false),
    takeBack: () => offer(failedText, undefined, true),
    acceptDraft: (andEdit) => {
      if (!item.draft) {
        setFocusRequest((count) => count + 1);
        return;
      }
      offer(item.draft.text, item.draft.draft_id, andEdit);
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
      else if (question?.about === "replace") put(question.text, question.draftId, question.andEdit);
    },
    dismiss: () => setQuestion(undefined),
  };
}
